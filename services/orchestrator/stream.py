"""The loop: contents and verdicts in, decisions out, all of it in transactions.

One turn: (1) read what there is; (2) let each partition decide what it can; (3) expire deadlines; (4) publish the
decisions, and what follows from them, in a transaction; (5) commit it together with the low-water marks of every
partition it decides in, which is also what fences a zombie off. A failed transaction throws away all memory of the
partitions and recovers them from the log: one road for crash, abort and rebalance.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from google.protobuf.message import DecodeError

from orchestrator.clock import VerdictClock
from orchestrator.marks import LANES, TOPICS, to_offsets
from orchestrator.pending import Conflict, Decided, Effect, Partition
from orchestrator.publish import Publisher
from orchestrator.recovery import Recovery, Stopped
from sluice.bus.problems import is_end_of_partition, is_fatal
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.telemetry.logging import Log
from sluice.v1.contents_pb2 import Contents
from sluice.v1.verdict_pb2 import Verdict

_BATCH = 500
_IDLE_MARKS_SECONDS = 2.0
_MOST_PER_TRANSACTION = 500
_MOST_SECONDS_PER_TRANSACTION = 0.02
_CALL_SECONDS = 10.0


class DecisionLoop:
    """Owns partitions of a consumer group and decides the requests on them. Runs on a thread of its own."""

    def __init__(
        self,
        consumer: Consumer,
        producer: Producer,
        recovery: Recovery,
        log: Log,
        on_assigned: Callable[[], None],
        stopping: threading.Event,
    ) -> None:
        self._consumer = consumer
        self._producer = producer
        self._recovery = recovery
        self._log = log
        self._on_assigned = on_assigned
        self._publisher = Publisher(producer)
        self._partitions: Mapping[int, Partition] = {}
        self._clocks: dict[int, VerdictClock] = {}
        self._dirty: set[int] = set()
        self._generation = 0
        self._open_since: float | None = None
        self._last_marks = 0.0
        self._stopping = stopping

    def run(self) -> None:
        """Until `stopping` is set. KafkaException: the process must end; a restart recovers."""
        # First of all: ends what a dead predecessor with the same id left open, and fences a living one.
        self._again(self._producer.init_transactions, 30.0)
        self._consumer.subscribe(list(TOPICS), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)
        clean = False
        try:
            while not self._stopping.is_set():
                self._turn()
            if self._partitions:
                self._commit()
            clean = True
        except Stopped:
            self._log.info("stopped while recovering")
        finally:
            if not clean:
                # Closing revokes, and a revocation commits: not what is half done.
                self._drop()
            self._consumer.close()

    def undecided(self) -> int:
        """Requests in hand."""
        return sum(partition.undecided() for partition in self._partitions.values())

    def _turn(self) -> None:
        generation = self._generation
        messages = self._read()
        if generation != self._generation:
            # A rebalance ran inside the read: nothing in hand can be trusted, positions are the partitions' own.
            self._seek()
            return
        try:
            for message in messages:
                self._take(message)
            self._expire()
            if self._should_commit(idle=len(messages) < _BATCH):
                self._commit()
        except KafkaException as error:
            self._abort(error.args[0])

    def _read(self) -> list[Message]:
        first = self._consumer.poll(0.01 if self._open_since is not None else self._patience())
        return [] if first is None else [first, *self._consumer.consume(_BATCH - 1, 0)]

    def _patience(self) -> float:
        """Seconds to wait for a record: no longer than to the next deadline."""
        deadlines = [d for p in self._partitions.values() if (d := p.next_deadline()) is not None]
        if not deadlines:
            return 0.1
        return min(0.1, max(0.005, (min(deadlines) - now_ms()) / 1000))

    def _take(self, message: Message) -> None:
        error = message.error()
        number = message.partition()
        assert number is not None
        partition = self._partitions.get(number)
        if error is not None:
            self._on_error(error, message, number)
            return
        if partition is None:
            return
        record = Record.of(message)
        topic = Topic(record.topic)
        self._dirty.add(number)
        try:
            if topic is Topic.VERDICTS:
                if record.offset >= partition.next_verdict:
                    self._clocks[number].on_verdict(record.timestamp_ms)
                    verdict = Verdict.FromString(record.value)
                    self._publish(partition.on_verdict(record.offset, record.timestamp_ms, verdict), record)
            elif record.offset >= partition.next_contents(LANES[topic]):
                contents = Contents.FromString(record.value)
                effects = partition.on_contents(
                    LANES[topic], record.offset, record.timestamp_ms, contents, record.trace()
                )
                self._publish(effects, record)
        except DecodeError:
            if topic is Topic.VERDICTS:
                partition.skip_verdict(record.offset)
            else:
                partition.skip_contents(LANES[topic], record.offset)
            self._begin()
            self._publisher.unreadable(record)

    def _expire(self) -> None:
        now = now_ms()
        for number, partition in self._partitions.items():
            deadline = partition.next_deadline()
            if deadline is None:
                continue
            until = self._clocks[number].until(deadline, now, partial(self._verdicts_end, number))
            self._publish(partition.expire(until), Record(Topic.DECISIONS, number, -1, b"", b"", now))

    def _verdicts_end(self, number: int) -> int | None:
        try:
            _, end = self._consumer.get_watermark_offsets(TopicPartition(Topic.VERDICTS, number), 2.0)
        except KafkaException:
            return None
        return int(end)

    def _publish(self, effects: Iterable[Effect], cause: Record) -> None:
        for effect in effects:
            self._begin()
            self._dirty.add(cause.partition)
            if isinstance(effect, Decided):
                self._publisher.decided(effect, cause.partition)
                decision = effect.outputs.decision
                self._log.info(
                    "decided",
                    request_id=decision.request_id,
                    action=decision.action,
                    complete=decision.complete,
                    partition=cause.partition,
                )
            elif isinstance(effect, Conflict):
                self._publisher.conflict(effect, cause)

    def _begin(self) -> None:
        if self._open_since is None:
            self._producer.begin_transaction()
            self._open_since = time.monotonic()

    def _should_commit(self, idle: bool) -> bool:
        now = time.monotonic()
        if self._open_since is None:
            return bool(self._dirty) and now - self._last_marks > _IDLE_MARKS_SECONDS
        old = now - self._open_since >= _MOST_SECONDS_PER_TRANSACTION
        return idle or old or self._publisher.count >= _MOST_PER_TRANSACTION

    def _commit(self) -> None:
        """One transaction: decisions and marks. An idle one carries marks alone."""
        self._begin()
        offsets = [
            offset
            for number in sorted(self._dirty)
            if number in self._partitions
            for offset in to_offsets(number, self._partitions[number].marks())
        ]
        if offsets:
            metadata = self._consumer.consumer_group_metadata()
            self._again(self._producer.send_offsets_to_transaction, offsets, metadata, _CALL_SECONDS)
        self._again(self._producer.commit_transaction, _CALL_SECONDS)
        self._open_since = None
        for number, end in self._publisher.committed().items():
            self._partitions[number].decisions_end = max(self._partitions[number].decisions_end, end)
        self._dirty.clear()
        self._last_marks = time.monotonic()

    def _abort(self, error: KafkaError) -> None:
        if error.fatal():
            raise KafkaException(error)
        self._log.warning("transaction aborted", error=error.name())
        self._end_transaction()
        if self._partitions:
            self._restore(sorted(self._partitions))
            self._seek()

    def _end_transaction(self) -> None:
        if self._open_since is not None:
            self._again(self._producer.abort_transaction, 20.0)
        self._open_since = None
        self._publisher.forget()
        self._dirty.clear()

    def _again(self, call: Callable[..., object], *arguments: object) -> None:
        """A transactional call, repeated as long as the client says that it may be."""
        while True:
            try:
                call(*arguments)
            except KafkaException as error:
                problem = error.args[0]
                if not problem.retriable() or problem.txn_requires_abort() or self._stopping.is_set():
                    raise
            else:
                return

    def _restore(self, numbers: list[int]) -> None:
        self._generation += 1
        self._partitions = self._recovery.recover(numbers)
        self._clocks = {number: VerdictClock() for number in numbers}

    def _positions(self) -> list[TopicPartition]:
        found = []
        for number, partition in self._partitions.items():
            found += [TopicPartition(topic, number, partition.next_contents(lane)) for topic, lane in LANES.items()]
            found.append(TopicPartition(Topic.VERDICTS, number, partition.next_verdict))
        return found

    def _seek(self) -> None:
        until = time.monotonic() + _CALL_SECONDS
        for position in self._positions():
            while True:
                try:
                    self._consumer.seek(position)
                    break
                except KafkaException:
                    # A partition that was assigned a moment ago cannot be moved until its fetcher has started.
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.05)

    def _assigned(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        numbers = {topic: {tp.partition for tp in assigned if tp.topic == topic} for topic in TOPICS}
        if len(set(map(frozenset, numbers.values()))) != 1:
            raise RuntimeError("contents and verdicts have different partition counts; run: sluice topics create")
        self._restore(sorted(numbers[Topic.VERDICTS]))
        consumer.assign(self._positions())
        self._log.info("partitions assigned", count=len(self._partitions))
        self._on_assigned()

    def _revoked(self, consumer: Consumer, _: list[TopicPartition]) -> None:
        if self._partitions and self._open_since is not None:
            try:
                self._commit()
            except KafkaException as error:
                self._log.warning("transaction aborted", error=error.args[0].name())
                self._end_transaction()
        self._drop()
        consumer.unassign()

    def _lost(self, _: Consumer, __: list[TopicPartition]) -> None:
        self._end_transaction()
        self._drop()

    def _drop(self) -> None:
        self._generation += 1
        self._partitions = {}
        self._clocks = {}
        self._dirty.clear()

    def _on_error(self, error: KafkaError, message: Message, number: int) -> None:
        if is_end_of_partition(error):
            if message.topic() == Topic.VERDICTS and number in self._clocks:
                self._clocks[number].on_end(message.offset() or 0)
        elif is_fatal(error):
            raise KafkaException(error)
        else:
            self._log.warning("broker trouble", error=error.name())
