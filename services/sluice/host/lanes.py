"""Which record is worked next: the most urgent there is, and never so many others that an urgent one has no place."""

from collections import deque
from collections.abc import Sequence

from sluice.bus.record import Record


class Lanes:
    """Records that wait, by topic, and how many of each are being worked.

    `topics`: the most urgent first. All but the first leave a quarter of the `slots` free for it, one at least;
    a single slot is for all.
    """

    def __init__(self, topics: Sequence[str], slots: int) -> None:
        self._waiting: dict[str, deque[Record]] = {topic: deque() for topic in topics}
        self._working = dict.fromkeys(topics, 0)
        self._urgent = topics[0]
        self._slots = slots
        self._most_others = max(1, slots - max(1, slots // 4))

    def put(self, record: Record) -> None:
        """A record that waits."""
        self._waiting[record.topic].append(record)

    def take(self) -> Record | None:
        """The next record to work, which then takes a slot, or None where there is none or no slot for it."""
        working = sum(self._working.values())
        others = working - self._working[self._urgent]
        for topic, waiting in self._waiting.items():
            if working >= self._slots or (topic != self._urgent and others >= self._most_others):
                return None
            if waiting:
                self._working[topic] += 1
                return waiting.popleft()
        return None

    def give(self, record: Record) -> None:
        """The record's slot is free again."""
        self._working[record.topic] -= 1

    def clear(self) -> None:
        """Forgets what waits."""
        for waiting in self._waiting.values():
            waiting.clear()
