"""The partitions that a group member holds between two rebalances, and how far each of them has been worked off."""

import threading
from collections.abc import Iterable

from confluent_kafka import OFFSET_BEGINNING, TopicPartition

from sluice.bus.offsets import OffsetTracker
from sluice.bus.record import Record

Key = tuple[str, int]
"""Topic and partition number."""


class Assignment:
    """Shared by the thread that reads and the one that commits."""

    def __init__(self, group: object = None) -> None:
        """`group`: the membership by which the broker tells this assignment from earlier and later ones."""
        self.group = group
        self._lock = threading.Lock()
        self._trackers: dict[Key, OffsetTracker] = {}

    def adopt(self, topic: str, partition: int, tracker: OffsetTracker) -> None:
        """Begins to work on a partition."""
        with self._lock:
            self._trackers[topic, partition] = tracker

    def keys(self) -> list[Key]:
        """The partitions that are worked on."""
        with self._lock:
            return list(self._trackers)

    def reachable(self, record: Record) -> bool:
        """Whether the record is not too far ahead of what is done."""
        with self._lock:
            tracker = self._trackers.get((record.topic, record.partition))
            return tracker is None or tracker.reachable(record.offset)

    def start(self, record: Record) -> bool:
        """Takes a record in hand. False: it was done before, or is of no partition of this assignment."""
        with self._lock:
            tracker = self._trackers.get((record.topic, record.partition))
            return tracker is not None and tracker.start(record.offset)

    def done(self, records: Iterable[Record]) -> None:
        """These have been dealt with."""
        with self._lock:
            for record in records:
                self._trackers[record.topic, record.partition].done(record.offset)

    def marks(self) -> dict[Key, int]:
        """The lowest offset that is not done, where there is one."""
        with self._lock:
            marks = {key: tracker.mark() for key, tracker in self._trackers.items()}
        return {key: mark for key, mark in marks.items() if mark is not None}

    def after(self, records: Iterable[Record]) -> list[TopicPartition]:
        """What to commit, once these are done: for each of their partitions the mark, with its metadata."""
        with self._lock:
            copies: dict[Key, OffsetTracker] = {}
            for record in records:
                key = record.topic, record.partition
                if key not in copies:
                    copies[key] = self._trackers[key].copy()
                copies[key].done(record.offset)
        return [
            TopicPartition(topic, partition, mark, metadata=tracker.metadata())
            for (topic, partition), tracker in copies.items()
            if (mark := tracker.mark()) is not None
        ]

    def positions(self) -> list[TopicPartition]:
        """Where each partition is read on."""
        with self._lock:
            positions = {key: tracker.position() for key, tracker in self._trackers.items()}
        return [
            TopicPartition(topic, partition, OFFSET_BEGINNING if offset is None else offset)
            for (topic, partition), offset in positions.items()
        ]
