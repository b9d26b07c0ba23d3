"""How far a partition has been worked off, when its records finish in any order. Pure.

What is committed for a partition is its mark, the lowest offset that is not done, and beside it, in the commit's
metadata, which offsets above it are done already: a successor reads from the mark on and skips those.
"""

import base64
import binascii
import heapq
import zlib
from collections.abc import Iterable
from typing import Self

MOST_AHEAD = 16_384
"""How far beyond the mark a partition is worked, in offsets: one bit each, which in the worst case is a metadata text
of 2,750 characters (brokers take 4,096: `offset.metadata.max.bytes`)."""

_FORM = "1:"
_MOST_TEXT = 4096


class OffsetTracker:
    """The offsets in hand of one partition, and those that are done above its mark."""

    def __init__(self, mark: int = -1, done: int = 0, position: int = -1, in_hand: Iterable[int] = ()) -> None:
        """Nothing is known yet, but for what `resume` and `copy` know. Below zero: not known; `done`: as bits."""
        self._low = mark
        self._done = done
        self._next = position
        self._open = list(in_hand)

    @classmethod
    def resume(cls, mark: int, metadata: str | None) -> Self:
        """Goes on where a commit says. A `mark` below zero: nothing was committed.

        Metadata that cannot be read counts as none: what is above the mark is worked again.
        """
        return cls(mark, decode(metadata or ""), mark) if mark >= 0 else cls()

    def copy(self) -> Self:
        """A tracker that goes its own way from here."""
        return type(self)(self._low, self._done, self._next, self._open)

    def reachable(self, offset: int) -> bool:
        """Whether the offset lies close enough to the mark to be taken in hand now."""
        return not self._open or offset - self._low < MOST_AHEAD

    def start(self, offset: int) -> bool:
        """Takes a record in hand; False where it was done before. Offsets come in rising order."""
        if not 0 <= self._low <= offset:
            # The first of all, or a log that was made anew: what was known of the old one is void.
            self._low, self._done = offset, 0
        self._next = offset + 1
        known = self._has(offset)
        if not known:
            heapq.heappush(self._open, offset)
        self._settle()
        return not known

    def done(self, offset: int) -> None:
        """Lets a record go."""
        if offset < self._low:
            return
        self._done |= 1 << (offset - self._low)
        while self._open and self._has(self._open[0]):
            heapq.heappop(self._open)
        self._settle()

    def mark(self) -> int | None:
        """The offset to commit: the lowest that is not done. None before the first record."""
        return self._low if self._low >= 0 else None

    def metadata(self) -> str:
        """What to commit beside the mark."""
        return encode(self._done)

    def position(self) -> int | None:
        """The offset to read next, None where the log is read from its beginning."""
        return self._next if self._next >= 0 else None

    def _has(self, offset: int) -> bool:
        return bool(self._done >> (offset - self._low) & 1)

    def _settle(self) -> None:
        low = self._open[0] if self._open else self._next
        self._done >>= max(0, low - self._low)
        self._low = low


def encode(done: int) -> str:
    """Bits as metadata: bit n stands for the offset n above the mark. Empty where there is none."""
    if not done:
        return ""
    bits = done.to_bytes((done.bit_length() + 7) // 8, "little")
    return _FORM + base64.b64encode(zlib.compress(bits, 1)).decode()


def decode(text: str) -> int:
    """The bits in metadata; 0 for anything that `encode` does not make of at most MOST_AHEAD bits."""
    if not text.startswith(_FORM) or len(text) > _MOST_TEXT:
        return 0
    inflate = zlib.decompressobj()
    try:
        packed = base64.b64decode(text.removeprefix(_FORM), validate=True)
        bits = inflate.decompress(packed, MOST_AHEAD // 8)
    except (binascii.Error, zlib.error, ValueError):
        return 0
    whole = inflate.eof and not inflate.unused_data
    return int.from_bytes(bits, "little") if whole else 0
