"""How far a group member is behind the ends of its partitions, without asking a broker for it.

Counted in offsets. Marks of transactions have offsets too: where a topic is written in transactions of few records,
there are up to two for each record.
Every answer to a fetch says where the log ends, and the client keeps that: looking it up costs about a microsecond. A
partition that is paused is not fetched; its end is that of the last look for standstills (`sluice.bus.stalls`). One
that is paused before anything of it was read says not even where reading begins: that look asks for it too.
"""

import contextlib
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from sluice.bus.assignment import Assignment, Key
from sluice.bus.ends import log_ends

EVERY_SECONDS: Final = 1.0
_ASK_SECONDS: Final = 1.0


class Lag:
    """Counted on the reader's thread, asked on any."""

    def __init__(self) -> None:
        self._due = 0.0
        self._looked: Mapping[Key, int] = {}
        self._begin: Mapping[Key, int] = {}
        self._behind: Mapping[str, int] = {}

    def of(self, topic: str) -> int:
        """Offsets of a topic that lie between what is done and the end."""
        return self._behind.get(topic, 0)

    def looked(self, ends: Mapping[Key, int], begin: Mapping[Key, int]) -> None:
        """Where a broker says that logs end, and where reading begins of partitions of which nothing was read yet."""
        self._looked = ends
        self._begin = begin

    def forget(self) -> None:
        """The partitions are ours no more."""
        self._looked = {}
        self._begin = {}
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
            done = mark if mark >= 0 else self._begin.get(key, mark)
            topic = str(key[0])
            found[topic] = found.get(topic, 0) + behind(done, low, max(high, self._looked.get(key, -1)))
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


def unread(marks: Mapping[Key, int]) -> Collection[Key]:
    """The partitions of which it is not known how far they are done."""
    return [key for key, mark in marks.items() if mark < 0]


def find_begin(member: Consumer, looker: Consumer, keys: Iterable[Key]) -> Mapping[Key, int]:
    """Where a group reads on: at what it has committed, or else where the log begins. Nothing without an answer.

    `member`: of the group. `looker`: of none; only it may be asked where a log begins while the other one reads.
    """
    places = [TopicPartition(*key) for key in keys]
    if not places:
        return {}
    found: dict[Key, int] = {}
    with contextlib.suppress(KafkaException):
        for one in member.committed(places, _ASK_SECONDS):
            key = one.topic, one.partition
            if not one.error:
                found[key] = one.offset if one.offset >= 0 else log_ends(looker, *key, _ASK_SECONDS)[0]
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
