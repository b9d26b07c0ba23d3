"""One piece of evidence on the shelf: a wrapped data key, the sealed original, and its sealed records in order."""

import hashlib
from dataclasses import dataclass

from sluice.objects import NotFoundError, TooLargeError
from sluice.vault.envelope import MOST_SEALED_BYTES, Place, seal, unseal
from sluice.vault.errors import TamperedError
from sluice.vault.events import Event, decode, encode
from sluice.vault.index import About
from sluice.vault.key_series import KeySeries
from sluice.vault.keys import KeyWrapper
from sluice.vault.shelf import Shelf, remove

_MOST_RECORD = 1 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """`sha256`: of the sealed bytes, hex; the audit log names it."""

    number: int
    event: Event
    sha256: str


class Folder:
    """A generation of a piece of evidence; it is over once its destruction is in the audit log."""

    def __init__(self, shelf: Shelf, wrapper: KeyWrapper, evidence: str, generation: int) -> None:
        self._shelf = shelf
        self._key = b""
        self.evidence = evidence
        self.generation = generation
        self.path = f"evidence/{evidence}/{generation:012d}"
        self.keys = KeySeries(shelf, wrapper, f"{self.path}/key", f"{evidence}/{generation}")

    def place(self, part: str, number: int) -> Place:
        """Where a part of it lies."""
        return Place(self.evidence, self.generation, part, number)

    def load(self, about: About) -> tuple[Record, ...]:
        """Its records, each sealed as the audit log says; none where there is nothing, or just a beginning.

        Raises TamperedError, MissingKeyError, NotReadyError, RetryableError, or NotFoundError (it is going away).
        """
        numbers = self._record_numbers()
        for number in about.records:
            if number > len(numbers):
                raise TamperedError(f"record {number} of {self.evidence} is gone; the audit log has it")
        if not numbers:
            return ()
        if numbers != list(range(1, len(numbers) + 1)):
            raise TamperedError(f"a record of {self.evidence} before its last one is gone")
        key = self.data_key()
        return tuple(self._record(key, number, about.records.get(number)) for number in numbers)

    def data_key(self) -> bytes:
        """Unwrapped once. Raises TamperedError where it is gone, MissingKeyError, NotReadyError or RetryableError."""
        if not self._key:
            self._key = self.keys.get() or b""
        if not self._key:
            raise TamperedError(f"the data key of {self.evidence} is gone")
        return self._key

    def add(self, key: bytes, number: int, event: Event) -> bool:
        """Writes a record; False where another one has its number. Raises RetryableError."""
        place = self.place("record", number)
        sealed = seal(key, encode(event), place)
        if self._shelf.create_now(place.key, sealed):
            return True
        # The store's library asks again by itself when it heard no answer: the record there may be this one.
        try:
            return self._read(place, _MOST_RECORD) == sealed
        except NotFoundError:
            return False  # it is being destroyed

    def put_body(self, key: bytes, data: bytes) -> None:
        """Writes the original where there is none yet, and reads back what is there then.

        Raises TamperedError where that is something else, or RetryableError.
        """
        place = self.place("body", 1)
        self._shelf.create_now(place.key, seal(key, data, place))
        if self.body(key) != data:
            raise TamperedError(f"the original of {self.evidence} is another one")

    def body(self, key: bytes) -> bytes:
        """The original. Raises TamperedError, also where it is gone, or RetryableError."""
        place = self.place("body", 1)
        try:
            return unseal(key, self._read(place, MOST_SEALED_BYTES), place)
        except NotFoundError:
            raise TamperedError(f"the original of {self.evidence} is gone") from None

    def remove(self) -> bool:
        """Removes all of it, the key first: without it the rest is noise. False: there was nothing. Again and again
        is fine. Raises RetryableError."""
        keys = sorted(self._shelf.keys_now(self.path), key=lambda each: (f"{self.path}/key/" not in each, each))
        for key in keys:
            remove(self._shelf, key)
        return bool(keys)

    def strays(self) -> list[str]:
        """Keys of objects that the vault never puts there."""
        known = {self.place("body", 1).key, *(self.place("record", one).key for one in self._record_numbers())}
        return [
            key
            for key in self._shelf.keys_now(self.path)
            if key not in known and not key.startswith(f"{self.path}/key/")
        ]

    def _record(self, key: bytes, number: int, audited: str | None) -> Record:
        place = self.place("record", number)
        sealed = self._read(place, _MOST_RECORD)
        digest = hashlib.sha256(sealed).hexdigest()
        if audited is not None and digest != audited:
            raise TamperedError(f"{place.key} is not the one that the audit log has")
        try:
            return Record(number, decode(unseal(key, sealed, place)), digest)
        except (ValueError, RecursionError):
            raise TamperedError(f"{place.key} holds no event") from None

    def _record_numbers(self) -> list[int]:
        keys = self._shelf.keys_now(f"{self.path}/record")
        words = [key.rpartition("/")[2] for key in keys]
        return sorted(int(word) for word in words if word.isdecimal() and len(word) == 6)

    def _read(self, place: Place, limit: int) -> bytes:
        try:
            return self._shelf.read_now(place.key, limit)
        except TooLargeError:
            raise TamperedError(f"{place.key} is longer than the vault writes") from None
