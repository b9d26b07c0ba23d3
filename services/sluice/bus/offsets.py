"""How far a partition has been worked off, when its records finish in any order."""

import heapq


class OffsetTracker:
    """The offsets in hand of one partition. The mark is the lowest that is not done: what a restart reads first."""

    def __init__(self) -> None:
        self._open: list[int] = []
        self._done: set[int] = set()
        self._next = -1

    def start(self, offset: int) -> None:
        """Takes a record in hand. Offsets come in rising order."""
        heapq.heappush(self._open, offset)
        self._next = offset + 1

    def done(self, offset: int) -> None:
        """Lets a record go."""
        self._done.add(offset)
        while self._open and self._open[0] in self._done:
            self._done.remove(heapq.heappop(self._open))

    def mark(self) -> int | None:
        """The offset to commit, or None before the first record."""
        if self._next < 0:
            return None
        return self._open[0] if self._open else self._next
