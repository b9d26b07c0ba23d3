"""The open transaction: decisions, what follows from them, and the marks that make it all final."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from orchestrator.beats import Beats
from orchestrator.clock import BrokerClock
from orchestrator.counts import Counts
from orchestrator.pending import Conflict, Decided
from orchestrator.told import Told
from sluice.bus.clients import TRANSACTION_TIMEOUT_MS
from sluice.bus.problems import is_refusal, words
from sluice.bus.record import Headers, Outgoing, Record
from sluice.bus.refusals import Refusals
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.telemetry.metrics import Metrics
from sluice.v1.dead_letter_pb2 import (
    DEAD_LETTER_REASON_CONFLICT,
    DEAD_LETTER_REASON_INTERNAL,
    DeadLetter,
    DeadLetterReason,
)

SERVICE = "orchestrator"
STUCK_SECONDS = TRANSACTION_TIMEOUT_MS / 1000 + 5
"""After this long the broker has given the transaction up, whatever becomes of the call."""
_CALL_SECONDS = 3.0
_TRIES = 5
"""After so many calls of that length that had no answer, another producer asks."""

# The client wants plain strings.
_DECISIONS = str(Topic.DECISIONS)
_APPROVED = str(Topic.APPROVED)
_INCIDENTS = str(Topic.INCIDENTS)
_REVIEWS = str(Topic.REVIEWS)
_DEAD_LETTERS = str(Topic.DEAD_LETTERS)


_OnDelivery = Callable[[KafkaError | None, Message], None]
_Outgoing = tuple[str, bytes, str | bytes, int, Headers, _OnDelivery | None]


class Publisher:
    """Gathers records, and writes them in one transaction with the marks. `commit` and `abort` raise KafkaException.

    Everything of one request goes to the request's own partition number. Offsets are sent before the first record:
    while the markers of the transaction before are being written, the broker refuses both, but librdkafka tries
    offsets again after `retry.backoff.ms`, which is ours to set, and a new partition after 20 ms, which is not
    (rd_kafka_txn_handle_AddPartitionsToTxn in its rdkafka_txnmgr.c). It also keeps transactions short on the broker.
    """

    def __init__(
        self,
        make: Callable[[], Producer],
        clock: BrokerClock,
        stopping: threading.Event,
        told: Told | None = None,
        counts: Counts | None = None,
    ) -> None:
        """`make` makes transactional producers, all with the same id. `clock` is told what deliveries show of the
        broker's. `stopping` ends waiting for a broker. `told`: who is told of what was published; by default nobody.
        `counts`: where it is counted.
        """
        self._told = told or Told()
        self._counts = counts or Counts(Metrics(SERVICE))
        self._make = make
        self._producer = make()
        self._clock = clock
        self._stopping = stopping
        self._records: list[_Outgoing] = []
        self._since: float | None = None
        self._begun = False
        self._decided: dict[int, int] = {}
        self._bases: dict[int, int] = {}
        self._committing_since: float | None = None
        self.count = 0
        self.beats = Beats()
        """Of the thread that publishes."""
        self._refused = Refusals()

    def init(self) -> None:
        """First of all: ends what a dead predecessor with the same id left open, and fences a living one.

        It waits for a broker for as long as it takes. A client may not see that its coordinator is back (ADR 11), so
        a new one asks now and then.
        """
        tries = 0
        while not self._done(self._producer.init_transactions, _CALL_SECONDS):
            tries += 1
            if tries % _TRIES == 0:
                self._producer = self._make()

    def open_seconds(self) -> float | None:
        """How long the oldest record has waited to be committed; None: there is none."""
        return None if self._since is None else time.monotonic() - self._since

    def refusal(self, error: KafkaError) -> str:
        """Why the broker refuses what was to be committed, in words; empty where the error means something else.

        Of a topic that the principal may describe and not write, the error does not say which of all it is; of one
        that it may not even describe, nothing but the record's own delivery says anything.
        """
        if is_refusal(error):
            return words(error, ", ".join(sorted({record[0] for record in self._records})))
        return self._refused.text()

    def hangs(self) -> bool:
        """Whether a call has not returned for so long that no transaction can come of it. Asked on another thread.

        librdkafka's `send_offsets_to_transaction` does not keep its time limit (librdkafka issues 5456 and 5511), and
        a commit that is asked for again and again may look for a coordinator that is long back.
        """
        since = self._committing_since
        return since is not None and time.monotonic() - since > STUCK_SECONDS

    def decided(self, effect: Decided, partition: int) -> None:
        """The decision, and the approved asset, incidents and review that it entails."""
        outputs = effect.outputs
        decision = outputs.decision
        decision.decided_at_ms = now_ms()
        key = decision.request_id
        headers = self._told.decided(effect, partition)
        self._counts.decided(decision)
        before = self._decided.get(partition, 0)
        self._decided[partition] = before + 1
        # One report per partition is enough: the records of a transaction lie behind one another.
        report = None if before else self._delivered
        self._send(_DECISIONS, decision.SerializeToString(), key, partition, headers, report)
        if outputs.approved is not None:
            approved = outputs.approved.SerializeToString()
            self._send(_APPROVED, approved, key, partition, headers, self._failed)
        for incident in outputs.incidents:
            self._send(_INCIDENTS, incident.SerializeToString(), key, partition, headers, self._failed)
        if outputs.review is not None:
            self._send(_REVIEWS, outputs.review.SerializeToString(), key, partition, headers, self._failed)
        self.count += 1

    def conflict(self, effect: Conflict, cause: Record) -> None:
        """A dead letter for a request id that came again with other content."""
        detail = "this request id was used before, with other content"
        self._letter(DEAD_LETTER_REASON_CONFLICT, detail, cause, effect.request_id)

    def unreadable(self, cause: Record, detail: str) -> None:
        """A dead letter for a record of ours that cannot be read."""
        self._letter(DEAD_LETTER_REASON_INTERNAL, detail, cause, "")

    def commit(self, offsets: Sequence[TopicPartition], group: object) -> Mapping[int, int]:
        """Makes everything published since the last commit final, with these offsets.

        Returns, per partition decided in, an offset of the decisions log below which its decisions lie.
        """
        self._committing_since = time.monotonic()
        try:
            self._transact(offsets, group)
        finally:
            self._committing_since = None
        ends = {number: base + self._decided[number] for number, base in self._bases.items()}
        self._told.final()
        self._counts.final()
        self._forget()
        return ends

    def _transact(self, offsets: Sequence[TopicPartition], group: object) -> None:
        self._producer.begin_transaction()
        self._begun = True
        if offsets:
            self._again(self._producer.send_offsets_to_transaction, list(offsets), group, _CALL_SECONDS)
        for record in self._records:
            self._produce(record)
        self._again(self._producer.commit_transaction, _CALL_SECONDS)

    def abort(self) -> None:
        """Nothing of it has happened: a new producer ends it (ADR 10).

        Whoever aborts with librdkafka and goes on uses sequence numbers again that records of the aborted transaction
        may have been appended with. The broker takes what comes then for those: it is acknowledged and not there.
        """
        if self._begun:
            self._producer = self._make()
            self.init()
        self._told.forget()
        self._counts.forget()
        self._forget()

    def _forget(self) -> None:
        self._records = []
        self._since = None
        self._begun = False
        self._decided = {}
        self._bases = {}
        self.count = 0

    def _letter(self, reason: "DeadLetterReason.ValueType", detail: str, cause: Record, request_id: str) -> None:
        letter = DeadLetter(
            reason=reason,
            detail=detail,
            topic=cause.topic,
            partition=cause.partition,
            offset=cause.offset,
            request_id=request_id,
            size_bytes=len(cause.value),
            service=SERVICE,
        )
        out = Outgoing(_DEAD_LETTERS, cause.partition, cause.key, letter.SerializeToString(), cause.trace())
        why = DeadLetterReason.Name(reason).removeprefix("DEAD_LETTER_REASON_")
        self._counts.buried(cause.topic, why)
        headers = self._told.buried(cause, out, why).headers
        self._send(out.topic, out.value, out.key, out.partition, headers, self._failed)

    def _send(
        self,
        topic: str,
        value: bytes,
        key: str | bytes,
        partition: int,
        headers: Headers,
        on_delivery: _OnDelivery | None = None,
    ) -> None:
        if self._since is None:
            self._since = time.monotonic()
        self._records.append((topic, value, key, partition, headers, on_delivery))

    def _produce(self, record: _Outgoing) -> None:
        topic, value, key, partition, headers, on_delivery = record
        while True:
            try:
                if headers:
                    self._producer.produce(
                        topic, value, key, partition, on_delivery=on_delivery, headers=list(headers)
                    )
                else:
                    self._producer.produce(topic, value, key, partition, on_delivery=on_delivery)
            except BufferError:
                self.beats.beat()
                self._producer.poll(0.05)
            else:
                return

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        # An error makes the commit fail: nothing to do here.
        if error is not None:
            self._failed(error, message)
            return
        partition, offset = message.partition(), message.offset()
        if partition is not None and offset is not None:
            self._bases.setdefault(partition, offset)
        self._clock.sample(message.timestamp()[1], now_ms())

    def _failed(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._refused.note(error, message.topic() or "")

    def _again(self, call: Callable[..., object], *arguments: object) -> None:
        """A transactional call, repeated as long as the client says that it may be."""
        while not self._done(call, *arguments):
            pass

    def _done(self, call: Callable[..., object], *arguments: object) -> bool:
        """Whether a transactional call was answered; False: it may be repeated."""
        self.beats.beat()
        try:
            call(*arguments)
        except KafkaException as error:
            problem = error.args[0]
            if not problem.retriable() or problem.txn_requires_abort() or self._stopping.is_set():
                raise
            return False
        return True
