"""A store's files, open for reading, at one generation."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sluice.hashes.banks import Bank
from sluice.hashes.change import Change, HashStoreError
from sluice.hashes.current import Current
from sluice.hashes.delta import ANEW, Place, read_frames, seed, spoiled
from sluice.hashes.layout import HashFileError
from sluice.hashes.overlay import Overlay
from sluice.hashes.snapshot import Snapshot


class OpenBase:
    """The base of a generation. `snapshot`: None where the store has none yet."""

    def __init__(self, snapshot: Snapshot | None, about: Mapping[str, Any]) -> None:
        self.snapshot = snapshot
        self.banks: Sequence[str] = tuple(about.get("banks", ()))
        self.fresh: Mapping[str, int] = dict(about.get("fresh", {}))
        self.entries: Mapping[str, int] = dict(about.get("entries", {}))

    @classmethod
    def of(
        cls, folder: Path, current: Current, engine: str, verified: Callable[[int, int], None] | None = None
    ) -> "OpenBase":
        """`verified`: read the whole file first, and tell how far that is. Raises HashFileError, OSError."""
        if not current.base:
            return cls(None, {})
        try:
            snapshot = Snapshot.open(folder / current.base, engine)
            _refuse_another(snapshot, current)
            if verified is not None:
                snapshot.verify(verified)
            return cls(snapshot, read_about(snapshot))
        except HashFileError as error:
            raise HashFileError(f"{folder / current.base}: {error}: {ANEW}") from error


def _refuse_another(snapshot: Snapshot, current: Current) -> None:
    if snapshot.digest != current.base_digest:
        raise HashFileError("another file than current.json names")


def read_about(snapshot: Snapshot) -> Mapping[str, Any]:
    """What `compact` said of a base: `banks`, its names for their numbers, `entries` of each, and `fresh`.

    Raises HashFileError.
    """
    about = snapshot.about()
    form = about if isinstance(about, dict) else {}
    banks, numbers = form.get("banks"), (form.get("entries"), form.get("fresh"))
    named = isinstance(banks, list) and all(isinstance(name, str) for name in banks)
    counted = all(isinstance(one, dict) and all(isinstance(n, int) for n in one.values()) for one in numbers)
    if not named or not counted:
        raise HashFileError("the base was not made for a store: it does not name its banks")
    return form


class OpenDelta:
    """The delta of a generation, read as far as it has been. It stays readable when the file is removed."""

    def __init__(self, folder: Path, current: Current) -> None:
        """Raises OSError: FileNotFoundError where a merge has just removed it."""
        self._path = folder / current.delta
        self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        self.place = Place(0, seed(current.base_digest, current.generation))

    def more(self) -> list[Change]:
        """What came since the last call. Raises HashStoreError for damage, once all before it has been told."""
        self._renew()
        if os.fstat(self._file).st_size < self.place.offset:
            raise HashStoreError(
                f"{self._path} is shorter than it was: whoever cut it took changes away. Put it back, or {ANEW}"
            )
        found = []
        try:
            for change, behind in read_frames(self._file, self.place):
                found.append(change)
                self.place = behind
        except HashStoreError:
            if not found:
                raise
        return found

    @property
    def unread_bytes(self) -> int:
        """Behind the last whole frame: being written, or left by a writer that died."""
        return max(0, os.fstat(self._file).st_size - self.place.offset)

    @property
    def spoiled(self) -> bool:
        """See `delta.spoiled`."""
        return spoiled(self._file, self.place)

    def _renew(self) -> None:
        """A copy that took the file's place, as mirroring tools make one, says the same up to here, and goes on."""
        try:
            newest = self._path.stat()
        except FileNotFoundError:
            return
        ours = os.fstat(self._file)
        if (newest.st_dev, newest.st_ino) != (ours.st_dev, ours.st_ino):
            os.close(self._file)
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)

    def close(self) -> None:
        """Once."""
        os.close(self._file)


class Loaded:
    """A base and what changed since: what a view is made of."""

    def __init__(self, base: OpenBase, engine: str) -> None:
        self.base = base
        self.overlay = Overlay(engine=engine)
        self.fresh: dict[str, int] = dict(base.fresh)

    def take(self, changes: Sequence[Change]) -> None:
        """Counts changes in, in their order."""
        self.overlay = self.overlay.changed([op for change in changes for op in change.ops])
        for change in changes:
            self.fresh |= change.fresh

    def undescribed(self, banks: Mapping[str, Bank]) -> str:
        """A bank that has entries and is none of `banks`; empty where there is no such bank."""
        used = {
            *(name for name, count in self.base.entries.items() if count),
            *(bank for bank, _ in self.overlay.latest),
        }
        return min(used - banks.keys(), default="")


def list_digest(chain: bytes, bank: Bank) -> bytes:
    """What tells a list from what it was before: its store's content and its own description."""
    return hashlib.sha256(chain + json.dumps(asdict(bank), sort_keys=True).encode()).digest()


def refuse_undescribed(loaded: Loaded, banks: Mapping[str, Bank], path: Path) -> None:
    """Raises HashStoreError where entries have a bank that nobody describes: they would match for nobody."""
    if name := loaded.undescribed(banks):
        raise HashStoreError(
            f"{path} describes no bank called {name}, which has entries: describe it again; before it goes, "
            f"`sluice hashes remove {name} --all`"
        )
