"""At least once: a record's offset moves on after its results have been delivered, and it may be worked again."""

import time
from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition

from sluice.bus.assignment import Assignment, Key
from sluice.bus.member import MOST_BYTES, Deliver, GroupMember
from sluice.bus.offsets import OffsetTracker
from sluice.bus.places import PlaceKeeper, Places
from sluice.bus.record import Outgoing, Record
from sluice.telemetry.logging import Log

_COMMIT_SECONDS = 0.5


class GroupReader(GroupMember):
    """A member that commits by itself, twice a second and before it gives partitions back."""

    def __init__(
        self,
        consumer: Consumer,
        topics: Sequence[str],
        deliver: Deliver,
        most: int,
        log: Log,
        most_bytes: int = MOST_BYTES,
        ends: Consumer | None = None,
        places: Places | None = None,
    ) -> None:
        """`places`: who says where to read on, instead of the broker, and is told how far it got."""
        super().__init__(consumer, topics, deliver, most, log, most_bytes, ends)
        self._keeper = PlaceKeeper(places, consumer, self._loop, self._stopping, log) if places is not None else None
        self._committed: dict[Key, int] = {}
        self._committed_at = 0.0

    def _begin(self) -> bool:
        return True

    def _assigned(self, partitions: list[TopicPartition]) -> Assignment:
        assignment = Assignment()
        if self._keeper is not None:
            partitions = self._keeper.begin(partitions)
        for found in partitions:
            assignment.adopt(found.topic, found.partition, OffsetTracker())
        self._committed = {}
        self._assign(partitions)
        return assignment

    def _turn(self) -> None:
        if time.monotonic() - self._committed_at >= _COMMIT_SECONDS:
            self._committed_at = time.monotonic()
            self._commit(asynchronous=True)
            if self._keeper is not None and self._assignment is not None:
                self._keeper.tell(self._assignment.marks())

    def _finished(
        self,
        record: Record,
        outgoing: Sequence[Outgoing],  # noqa: ARG002 - was delivered before
        assignment: Assignment,
    ) -> None:
        assignment.done([record])
        self._release(record)

    def _settle(self, seconds: float) -> None:  # noqa: ARG002 - there is nothing to wait for
        return

    def _end(self) -> bool:
        if self._keeper is not None and self._assignment is not None:
            self._keeper.flush(self._assignment.marks())
        # What was sent without waiting may not have arrived.
        self._committed = {}
        return self._commit(asynchronous=False)

    def _before_revocation(self) -> None:
        self._commit(asynchronous=False)

    def _commit(self, asynchronous: bool) -> bool:
        """False where the broker would not take it."""
        assignment = self._assignment
        if assignment is None:
            return True
        moved = {key: mark for key, mark in assignment.marks().items() if mark != self._committed.get(key)}
        if not moved:
            return True
        offsets = [TopicPartition(topic, partition, mark) for (topic, partition), mark in moved.items()]
        try:
            if asynchronous:
                self._consumer.commit(offsets=offsets, asynchronous=True)
            else:
                self._consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            # Not committed is worked again: safe, and the next turn tries once more.
            self._log.warning("offsets not committed", error=error.args[0].name())
            return False
        self._committed |= moved
        return True
