"""A vault in memory: a shelf that dies or loses answers at a chosen call, a clock that is moved by hand."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sluice.errors import RetryableError
from sluice.objects import NotFoundError, TooLargeError
from sluice.vault.entry import Action, Entry, Head
from sluice.vault.facts import Facts
from sluice.vault.key_file import FileKeys
from sluice.vault.keys import KeyWrapper
from sluice.vault.opened import vault_on
from sluice.vault.people import People
from sluice.vault.shelf import Shelf
from sluice.vault.store import Vault

DATA = b"harmless bytes of a picture that nobody matched"
NOW = 1_800_000_000_000
DAY = 86_400_000
KEYS = {"one": bytes(range(32))}
BOTH = {"one": bytes(range(32)), "two": bytes(range(1, 33))}


class Died(BaseException):
    """Stands for kill -9."""


@dataclass
class MemoryShelf:
    """What is on it outlives every vault."""

    objects: dict[str, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def create_now(self, key: str, data: bytes) -> bool:
        with self.lock:
            if key in self.objects:
                return False
            self.objects[key] = data
            return True

    def read_now(self, key: str, limit: int) -> bytes:
        with self.lock:
            if key not in self.objects:
                raise NotFoundError(key)
            if len(self.objects[key]) > limit:
                raise TooLargeError(key)
            return self.objects[key]

    def keys_now(self, folder: str, after: str = "") -> list[str]:
        with self.lock:
            return sorted(key for key in self.objects if key.startswith(f"{folder}/") and key > after)

    def delete_now(self, key: str) -> None:
        with self.lock:
            self.objects.pop(key, None)

    def find(self, part: str) -> list[str]:
        return sorted(key for key in self.objects if part in key)


@dataclass
class Faulty(MemoryShelf):
    """Shares the objects of another shelf. At call number `at`, counted from 0 over everything that is asked of it,
    raises `fault`; before the effect, or after."""

    at: int = -1
    after: bool = False
    fault: type[BaseException] = Died
    calls: int = 0

    def _around(self, effect: Callable[[], object]) -> object:
        mine, self.calls = self.calls, self.calls + 1
        if mine == self.at and not self.after:
            raise self.fault
        found = effect()
        if mine == self.at:
            raise self.fault
        return found

    def create_now(self, key: str, data: bytes) -> bool:
        return bool(self._around(lambda: super(Faulty, self).create_now(key, data)))

    def delete_now(self, key: str) -> None:
        self._around(lambda: super(Faulty, self).delete_now(key))


class LostAnswerError(RetryableError):
    """The effect is there, or not; the caller does not know."""


@dataclass
class MemoryAnchor:
    """Elsewhere."""

    kept: Head = field(default_factory=Head)

    def head(self) -> Head:
        return self.kept

    def advance(self, head: Head) -> None:
        self.kept = max(self.kept, head, key=lambda one: one.seq)


@dataclass
class Place:
    """Everything that outlives a process."""

    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    anchor: MemoryAnchor = field(default_factory=MemoryAnchor)
    keys: dict[str, bytes] = field(default_factory=lambda: dict(KEYS))
    people: People = field(default_factory=lambda: People({}))
    now: int = NOW

    def vault(self, shelf: Shelf | None = None, wrapper: KeyWrapper | None = None) -> Vault:
        """A process's own."""
        keys = wrapper or FileKeys(self.keys, list(self.keys)[-1], "the key file")
        return vault_on(self.shelf if shelf is None else shelf, keys, self.anchor, self.people, lambda: self.now)

    def faulty(self, at: int, after: bool = False, fault: type[BaseException] = Died) -> Faulty:
        """A shelf that fails once."""
        return Faulty(self.shelf.objects, self.shelf.lock, at, after, fault)

    def lines(self) -> list[Entry]:
        """Of the audit log, which has to be sound."""
        found: list[Entry] = []
        self.vault().log.verify(told=found.append)
        return found

    def actions(self) -> list[Action]:
        return [one.action for one in self.lines()]


def facts(data: bytes = DATA, incident: str = "incident-1", account_id: str = "") -> Facts:
    """Of harmless bytes."""
    return Facts(incident, "c0", hashlib.sha256(data).hexdigest(), len(data), "image/png", account_id=account_id)
