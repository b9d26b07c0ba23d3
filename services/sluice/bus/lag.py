"""How far a group member is behind the ends of its partitions, without asking a broker for it.

Counted in offsets. Marks of transactions have offsets too: where a topic is written in transactions of few records,
there are up to two for each record.
Every answer to a fetch says where the log ends, and the client keeps that: looking it up costs about a microsecond. A
partition that is paused is not fetched; its end is that of the last look for standstills (`sluice.bus.stalls`).
"""

import contextlib
from collections.abc import Mapping
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from sluice.bus.assignment import Assignment, Key

EVERY_SECONDS: Final = 1.0


class Lag:
    """Counted on the reader's thread, asked on any."""

    def __init__(self) -> None:
        self._due = 0.0
        self._looked: Mapping[Key, int] = {}
        self._behind: Mapping[str, int] = {}

    def of(self, topic: str) -> int:
        """Offsets of a topic that lie between what is done and the end."""
        return self._behind.get(topic, 0)

    def looked(self, ends: Mapping[Key, int]) -> None:
        """Where a broker says that logs end."""
        self._looked = ends

    def forget(self) -> None:
        """The partitions are ours no more."""
        self._looked = {}
        self._behind = {}

    def due(self, now: float) -> bool:
        """Whether it is time to count again: once a second. `now`: seconds of a monotonic clock."""
        if now < self._due:
            return False
        self._due = now + EVERY_SECONDS
        return True

    def count(self, consumer: Consumer, marks: Mapping[Key, int]) -> None:
        """Counts again. `marks`: the first offset of each partition that is not done; below zero: not known."""
        found: dict[str, int] = {}
        for key, mark in marks.items():
            low, high = _kept(consumer, key)
            topic = str(key[0])
            found[topic] = found.get(topic, 0) + behind(mark, low, max(high, self._looked.get(key, -1)))
        self._behind = found


def marks_of(assignment: Assignment, seen: Mapping[Key, int]) -> Mapping[Key, int]:
    """What is done of each partition. `seen`: offsets at which the reader met the end of a log."""
    marks = assignment.marks()
    found: dict[Key, int] = {}
    for position in assignment.positions():
        key = position.topic, position.partition
        mark = marks.get(key, -1)
        if mark in (-1, position.offset):
            # All that was read is done. Beyond it there may be nothing but marks of transactions.
            mark = max(position.offset, seen.get(key, -1))
        found[key] = mark
    return found


def behind(mark: int, low: int, end: int) -> int:
    """Offsets from `mark` to `end`; below zero: not known. What lies before `low`, where the log begins, is gone."""
    return max(0, end - max(mark, low)) if max(mark, low) >= 0 else 0


def _kept(consumer: Consumer, key: Key) -> tuple[int, int]:
    """Where the log begins and ends, as the client knows it; below zero: it does not."""
    with contextlib.suppress(KafkaException):
        low, high = consumer.get_watermark_offsets(TopicPartition(*key), cached=True)
        return int(low), int(high)
    return -1, -1
