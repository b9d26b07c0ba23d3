"""The loop: contents and verdicts in, decisions out, all of it in transactions.

One turn: (1) take up the partitions that have been recovered; (2) read what there is; (3) take over the policy that
is in use now; (4) let each partition decide what it can; (5) expire deadlines; (6) stop reading where there is no
room; (7) commit the decisions, and what follows from them, together with the low-water marks of every partition they
are of, which is also what fences a zombie off.
A failed transaction throws away all memory of the partitions and recovers them from the log: one road for crash,
abort and rebalance.
"""

import threading
import time
from collections.abc import Iterable, Sequence
from functools import partial

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from google.protobuf.message import DecodeError

from orchestrator.breaker import Turned
from orchestrator.clock import BrokerClock, VerdictClock
from orchestrator.flow import OPEN, Flow, Limits, flow
from orchestrator.marks import LANES, TOPICS, to_offsets
from orchestrator.pending import Conflict, Decided, Effect, Partition
from orchestrator.publish import Publisher
from orchestrator.reading import ReadingOn, check_readable, patience, positions, steer, verdicts_end
from orchestrator.recovery import Recovery
from orchestrator.telling import Telling
from sluice.bus.leaving import leave
from sluice.bus.problems import is_end_of_partition, is_fatal
from sluice.bus.record import Record, trace_of
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.errors import FatalError
from sluice.policy.model import Policy
from sluice.refreshed import Current
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.v1.contents_pb2 import Contents
from sluice.v1.verdict_pb2 import Verdict

_LANES = {str(topic): lane for topic, lane in LANES.items()}
"""Plain strings are found faster than members of an enumeration."""
BATCH = 500
_IDLE_MARKS_SECONDS = 2.0
MOST_PER_TRANSACTION = 2000
MOST_SECONDS_PER_TRANSACTION = 0.1
"""Under a backlog; as soon as there is nothing more to read, a transaction is committed."""
_MOST_SKEW_MS = 1000
_WATCHED_SECONDS = 0.5
"""Between two reads; after a longer pause, what is new may have been there for as long."""
MOST_VERDICT_BYTES = 200_000
"""A decision carries its verdicts and must fit into its topic (2 MiB): larger ones do not count. A check's answer
to eight contents takes about 3 kB."""


class DecisionLoop:
    """Owns partitions of a consumer group and decides the requests on them. Runs on a thread of its own."""

    def __init__(
        self,
        consumer: Consumer,
        publisher: Publisher,
        recovery: Recovery,
        policy: Current[Policy],
        reading: ReadingOn,
        limits: Limits,
        clock: BrokerClock,
        log: Log,
        metrics: Metrics,
        stopping: threading.Event,
    ) -> None:
        """`policy`: looked at once a turn. `limits`: of the process, shared out over its partitions."""
        self._consumer = consumer
        self._publisher = publisher
        self._recovery = recovery
        self._policy = policy
        self._reading = reading
        self._limits = limits
        self._clock = clock
        self._log = log
        self._stopping = stopping
        self._telling = Telling(log, metrics)
        self._owned: Sequence[int] | None = None
        self._group: object = None
        self._partitions: dict[int, Partition] = {}
        self._clocks: dict[int, VerdictClock] = {}
        self._flows: dict[int, Flow] = {}
        self._dirty: set[int] = set()
        self._at_end: set[tuple[str, int]] = set()
        self._read_at = 0.0
        self._watched = False
        self._generation = 0
        self._last_marks = 0.0

    def run(self) -> None:
        """Until `stopping` is set. KafkaException or FatalError: the process must end; a restart recovers."""
        clean = False
        close = self._close
        try:
            self._publisher.init()
            self._recovery.start()
            self._consumer.subscribe(
                list(TOPICS), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost
            )
            while not self._stopping.is_set():
                self._turn()
            if self._partitions:
                self._commit()
            clean = True
            leave(self._consumer, TOPICS, len(TOPICS) * len(self._owned or ()), self._log)
        except FatalError:
            # A client that does not read on may never return from closing.
            close = threading.Thread(target=close, name="closing", daemon=True).start
            raise
        finally:
            if not clean:
                # Closing revokes, and a revocation commits: not what is half done.
                self._drop()
            close()

    def _close(self) -> None:
        self._recovery.close()
        self._consumer.close()
        self._reading.close()

    def undecided(self) -> int:
        """Requests in hand. Asked on other threads, too."""
        return sum(partition.undecided() for partition in list(self._partitions.values()))

    def waits_for(self) -> str | None:
        """What keeps it from working on all of its partitions; None: nothing."""
        owned = self._owned
        if owned is None:
            return "waiting for partitions"
        if late := self._recovery.late():
            numbers = ", ".join(map(str, sorted(late)))
            return f"recovery of partition {numbers} waits for an open transaction; run: sluice repair --check"
        missing = len(owned) - len(self._partitions)
        return f"recovering {missing} partitions" if missing else None

    def stuck(self) -> bool:
        """Whether it waits for something that does not come by itself."""
        return self._owned is None or bool(self._recovery.late())

    def _turn(self) -> None:
        self._publisher.beats.beat()
        self._adopt()
        generation = self._generation
        messages = self._read()
        if generation != self._generation:
            # A rebalance ran inside the read: every partition is recovered anew.
            return
        try:
            self._switch()
            self._take(messages)
            self._expire()
            self._steer()
            if self._should_commit(idle=len(messages) < BATCH):
                self._commit()
        except KafkaException as error:
            self._abort(error.args[0])
        self._reading.check(self._partitions, self._flows)

    def _adopt(self) -> None:
        """Reads on where recovered partitions begin. The others are read on from their own positions."""
        ready = self._recovery.take()
        if not ready:
            return
        for number, partition in ready:
            self._partitions[number] = partition
            self._clocks[number] = VerdictClock()
        self._flows = dict.fromkeys(self._partitions, OPEN)
        reads = [TopicPartition(*key, at) for key, at in positions(self._partitions, self._flows).items()]
        self._consumer.assign(reads)
        # The client remembers a pause beyond the assignment that it was for.
        self._consumer.resume(reads)
        self._telling.open_breakers(self._partitions.values())
        self._log.info("partitions recovered", count=len(ready))

    def _switch(self) -> None:
        """Every partition at once, also one that was recovered under an older policy and handed over only now."""
        policy = self._policy.value
        behind = [number for number, partition in self._partitions.items() if partition.policy is not policy]
        for number in behind:
            self._publish(self._partitions[number].adopt(policy), number, None)
        if behind:
            self._telling.open_breakers(self._partitions.values())
            self._log.info("policy switched", partitions=len(behind), digest=policy.digest.hex())

    def _read(self) -> list[Message]:
        first = self._consumer.poll(
            0.01 if self._publisher.open_seconds() is not None else patience(self._partitions.values(), self._clock)
        )
        now = time.monotonic()
        self._watched = now - self._read_at < _WATCHED_SECONDS
        self._read_at = now
        if first is None:
            return []
        # Before the group gives out what is left of the topics.
        check_readable(first)
        return [first, *self._consumer.consume(BATCH - 1, 0)]

    def _take(self, messages: Sequence[Message]) -> None:
        partitions = self._partitions
        for message in messages:
            number = message.partition() or 0
            error = message.error()
            if error is not None:
                self._on_error(error, message, number)
                continue
            partition = partitions.get(number)
            if partition is None:
                continue
            topic = message.topic() or ""
            if self._at_end:
                self._sample(topic, number, message)
            lane = _LANES.get(topic)
            if lane is None:
                effects = self._take_verdict(partition, number, message)
            else:
                effects = self._take_contents(partition, number, lane, message)
            self._dirty.add(number)
            if effects:
                self._publish(effects, number, message)

    def _sample(self, topic: str, number: int, message: Message) -> None:
        """The first record after the end of a log that we kept an eye on has only just been appended."""
        if (topic, number) in self._at_end:
            self._at_end.discard((topic, number))
            if self._watched:
                self._clock.sample(message.timestamp()[1], now_ms())

    def _take_verdict(self, partition: Partition, number: int, message: Message) -> Sequence[Effect]:
        offset, value = message.offset() or 0, message.value() or b""
        if offset < partition.next_verdict:
            return ()
        appended_at_ms = message.timestamp()[1]
        self._clocks[number].on_verdict(appended_at_ms)
        size = len(value)
        if size <= MOST_VERDICT_BYTES:
            try:
                return partition.on_verdict(offset, appended_at_ms, Verdict.FromString(value), size)
            except DecodeError:
                problem = "not a message of the contract"
        else:
            problem = f"a verdict of {size} bytes; at most {MOST_VERDICT_BYTES} are taken"
        if partition.skip_verdict(offset):
            self._publisher.unreadable(Record.of(message), problem)
        return ()

    def _take_contents(self, partition: Partition, number: int, lane: int, message: Message) -> Sequence[Effect]:
        offset, value = message.offset() or 0, message.value() or b""
        if offset < partition.next_contents(lane):
            return ()
        try:
            contents = Contents.FromString(value)
        except DecodeError:
            if partition.skip_contents(lane, offset):
                self._publisher.unreadable(Record.of(message), "not a message of the contract")
            return ()
        headers = message.headers()
        trace = trace_of(headers) if headers else ()
        shed = self._flows[number].shed
        return partition.on_contents(lane, offset, message.timestamp()[1], contents, len(value), trace, shed)

    def _expire(self) -> None:
        now = self._clock.now(now_ms())
        for number, partition in self._partitions.items():
            deadline = partition.next_deadline()
            if deadline is None:
                continue
            self._publisher.beats.beat()
            until = self._clocks[number].until(deadline, now, partial(verdicts_end, self._consumer, number))
            if until > deadline:
                self._publish(partition.expire(until), number, None)

    def _steer(self) -> None:
        """Bounds what is in hand."""
        limits = self._limits.share(len(self._partitions))
        for number, partition in self._partitions.items():
            before = self._flows[number]
            after = flow(partition, limits, self._clocks[number].at_end, before)
            if after is before or after == before:
                continue
            self._flows[number] = after
            if after.shed != before.shed:
                self._log.warning(
                    "overloaded: deciding without waiting" if after.shed else "no longer overloaded",
                    partition=number,
                    count=partition.undecided(),
                )
            steer(self._consumer, number, before, after)

    def _publish(self, effects: Iterable[Effect], number: int, cause: Message | None) -> None:
        for effect in effects:
            self._dirty.add(number)
            if isinstance(effect, Decided):
                self._publisher.decided(effect, number)
                self._telling.decided(effect, number)
            elif isinstance(effect, Turned):
                self._telling.turned(effect, number)
                self._telling.open_breakers(self._partitions.values())
            elif isinstance(effect, Conflict) and cause is not None:
                self._publisher.conflict(effect, Record.of(cause))

    def _should_commit(self, idle: bool) -> bool:
        seconds = self._publisher.open_seconds()
        if seconds is None:
            return bool(self._dirty) and time.monotonic() - self._last_marks > _IDLE_MARKS_SECONDS
        old = seconds >= MOST_SECONDS_PER_TRANSACTION
        return idle or old or self._publisher.count >= MOST_PER_TRANSACTION

    def _commit(self) -> None:
        """One transaction: decisions and marks. An idle one carries marks alone."""
        offsets = [
            offset
            for number in sorted(self._dirty)
            if number in self._partitions
            for offset in to_offsets(number, self._partitions[number].marks())
        ]
        for number, end in self._publisher.commit(offsets, self._group).items():
            partition = self._partitions.get(number)
            if partition is not None:
                partition.decisions_end = max(partition.decisions_end, end)
        self._dirty.clear()
        self._last_marks = time.monotonic()
        ahead = self._clock.ahead_ms()
        if ahead is not None and abs(ahead) > _MOST_SKEW_MS and self._clock.news():
            self._log.warning("the broker's clock is not ours", seconds=ahead / 1000)

    def _abort(self, error: KafkaError) -> None:
        if refusal := self._publisher.refusal(error):
            raise FatalError(f"the decision loop cannot go on: {refusal}")
        if is_fatal(error):
            raise KafkaException(error)
        self._log.warning("transaction aborted", error=error.name())
        self._publisher.abort()
        self._drop()
        if self._owned:
            self._consumer.assign([])
            self._recovery.want(self._owned)

    def _assigned(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        numbers = {topic: {tp.partition for tp in assigned if tp.topic == topic} for topic in TOPICS}
        if len(set(map(frozenset, numbers.values()))) != 1:
            raise RuntimeError("contents and verdicts have different partition counts; run: sluice topics create")
        self._drop()
        self._owned = sorted(numbers[Topic.VERDICTS])
        self._group = consumer.consumer_group_metadata()
        # Nothing is read before it has been recovered.
        consumer.assign([])
        self._recovery.want(self._owned)
        self._log.info("partitions assigned", count=len(self._owned))

    def _revoked(self, consumer: Consumer, _: list[TopicPartition]) -> None:
        if self._partitions and self._publisher.open_seconds() is not None:
            try:
                self._commit()
            except KafkaException as error:
                self._log.warning("transaction aborted", error=error.args[0].name())
                self._publisher.abort()
        self._give_up()
        consumer.unassign()

    def _lost(self, _: Consumer, __: list[TopicPartition]) -> None:
        self._publisher.abort()
        self._give_up()

    def _give_up(self) -> None:
        self._drop()
        self._owned = None
        self._recovery.want(())

    def _drop(self) -> None:
        self._generation += 1
        self._partitions = {}
        self._clocks = {}
        self._flows = {}
        self._dirty.clear()
        self._at_end.clear()
        self._reading.forget()
        self._telling.open_breakers(())

    def _on_error(self, error: KafkaError, message: Message, number: int) -> None:
        check_readable(message)
        if is_end_of_partition(error):
            topic = message.topic() or ""
            self._at_end.add((topic, number))
            self._reading.at_end(topic, number, message.offset() or 0)
            if topic == Topic.VERDICTS and number in self._clocks:
                self._clocks[number].on_end(message.offset() or 0)
        elif is_fatal(error):
            raise KafkaException(error)
        else:
            self._log.warning("broker trouble", error=error.name())
