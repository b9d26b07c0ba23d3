"""Exactly once: a record's results and its offset become visible together, whatever dies in between.

On assignment the member asks for the group's committed offsets, which the broker tells once no open transaction can
change them any more; the metadata beside them says what is done above the mark, and that is skipped.
"""

import time
from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from sluice.bus.assignment import Assignment
from sluice.bus.member import MOST_BYTES, Deliver, GroupMember, size_of
from sluice.bus.offsets import OffsetTracker
from sluice.bus.record import Outgoing, Record
from sluice.bus.transactions import Callbacks, Finished, Transactions
from sluice.errors import FatalError
from sluice.telemetry.logging import Log

Refuse = Callable[[Record, str], None]
_FLUSH_SECONDS = 5.0
_ASK_ALL_SECONDS = 2.0
_ASK_ONE_SECONDS = 0.25
_LOOK_SECONDS = 0.1
_MOST_PRODUCERS = 10
"""One that does not answer is given up and keeps its memory; a process that has given up many had better end."""


class TransactionalReader(GroupMember):
    """A member whose finished records are published and committed in transactions.

    `done(record, outgoing)` hands the results over and returns at once. Where the broker will never take one of them,
    `refuse` is called on the event loop with the record, which is in hand again, and the reason.
    """

    def __init__(
        self,
        consumer: Consumer,
        producer: Callable[[], Producer],
        topics: Sequence[str],
        deliver: Deliver,
        refuse: Refuse,
        most: int,
        log: Log,
        most_bytes: int = MOST_BYTES,
        ends: Consumer | None = None,
    ) -> None:
        """`producer` makes transactional producers, all with the same id."""
        super().__init__(consumer, topics, deliver, most, log, most_bytes, ends)
        self._refuse = refuse
        self._waiting: list[TopicPartition] = []
        self._producer = producer
        self._producers = 0
        self._transactions = self._publish()

    def _publish(self, first: Sequence[Finished] = ()) -> Transactions:
        self._producers += 1
        callbacks = Callbacks(lambda: self._assignment, self._let_go, self._take_back, self._fail)
        return Transactions(self._producer, callbacks, self._log, first)

    def trouble(self) -> str:
        """Why it cannot do its work now; empty where it can."""
        if trouble := self._transactions.trouble():
            return trouble
        if waiting := len(self._waiting):
            return f"{waiting} partitions wait for an open transaction to end"
        return super().trouble()

    def _begin(self) -> bool:
        # First of all: only then are the committed offsets what a predecessor left.
        self._transactions.start()
        while not self._transactions.ready.wait(_LOOK_SECONDS):
            if self._draining.is_set() or self._transactions.ended.is_set():
                return False
        return True

    def _assigned(self, partitions: list[TopicPartition]) -> Assignment:
        self._waiting = [TopicPartition(found.topic, found.partition) for found in partitions]
        self._assign([])
        # Of this moment: a membership that the client renews behind our back must not cover what was read before.
        return Assignment(self._consumer.consumer_group_metadata())

    def _turn(self) -> None:
        self._replace_stuck()
        self._take_up()

    def _replace_stuck(self) -> None:
        with self._lock:
            left = self._transactions.abandon()
            if left is None:
                return
            if self._producers >= _MOST_PRODUCERS:
                raise FatalError(f"{self._producers} producers in turn had no answer from the group's coordinator")
            self._transactions = self._publish(left)
        self._log.error("a call does not return; its results go to a new producer", count=len(left))
        self._transactions.start()

    def _take_up(self) -> None:
        """Takes up the partitions whose committed offsets are certain; the others are asked for again."""
        assignment = self._assignment
        if not self._waiting or assignment is None:
            return
        found = self._committed(self._waiting, _ASK_ALL_SECONDS)
        if not found and len(self._waiting) > 1:
            # One of them may wait for a dead member's transaction; it must not hold up the others.
            turn = int(time.monotonic() / _ASK_ONE_SECONDS) % len(self._waiting)
            found = self._committed([self._waiting[turn]], _ASK_ONE_SECONDS)
        if not found or self._assignment is not assignment:
            return
        for one in found:
            assignment.adopt(one.topic, one.partition, OffsetTracker.resume(one.offset, one.metadata))
        adopted = set(assignment.keys())
        self._waiting = [one for one in self._waiting if (one.topic, one.partition) not in adopted]
        self._assign(assignment.positions())

    def _committed(self, partitions: list[TopicPartition], seconds: float) -> list[TopicPartition]:
        try:
            found = self._consumer.committed(partitions, seconds)
        except KafkaException as error:
            self._log.warning("waiting for stable offsets", error=error.args[0].name())
            return []
        return [one for one in found if not one.error]

    def _finished(self, record: Record, outgoing: Sequence[Outgoing], assignment: Assignment) -> None:
        with self._lock:
            self._in_hand.grow(record.topic, sum(map(size_of, outgoing)))
            self._transactions.add(Finished(record, outgoing, assignment))

    def _settle(self, seconds: float) -> None:
        self._transactions.close(seconds)

    def _end(self) -> bool:
        return self._transactions.over

    def _before_revocation(self) -> None:
        if not self._transactions.flush(_FLUSH_SECONDS):
            self._log.warning("partitions given back before their results were published")

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        super()._on_revoke(consumer, partitions)
        self._waiting = []

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        super()._on_lost(consumer, partitions)
        self._waiting = []

    def _let_go(self, settled: Sequence[Finished]) -> None:
        for one in settled:
            self._release(one.record, one.outgoing)

    def _take_back(self, one: Finished, reason: str) -> None:
        with self._lock:
            self._in_hand.grow(one.record.topic, -sum(map(size_of, one.outgoing)))
            self._hands[id(one.record)] = one.record, one.assignment
        self._loop.call_soon_threadsafe(self._refuse, one.record, reason)
