"""Writes a decision and what follows from it into the open transaction."""

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from orchestrator.pending import Conflict, Decided
from sluice.bus.record import Outgoing, Record
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.v1.dead_letter_pb2 import (
    DEAD_LETTER_REASON_CONFLICT,
    DEAD_LETTER_REASON_INTERNAL,
    DeadLetter,
    DeadLetterReason,
)

SERVICE = "orchestrator"


class Publisher:
    """Everything of one request goes to the request's own partition number."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._ends: dict[int, int] = {}
        self._failed: KafkaError | None = None
        self.count = 0

    def decided(self, effect: Decided, partition: int) -> None:
        """The decision, and the approved asset, incidents and review that it entails."""
        outputs = effect.outputs
        outputs.decision.decided_at_ms = now_ms()
        key = outputs.decision.request_id.encode()

        def send(topic: Topic, value: bytes) -> None:
            self._send(Outgoing(topic, partition, key, value, effect.entry.trace))

        send(Topic.DECISIONS, outputs.decision.SerializeToString())
        if outputs.approved is not None:
            send(Topic.APPROVED, outputs.approved.SerializeToString())
        for incident in outputs.incidents:
            send(Topic.INCIDENTS, incident.SerializeToString())
        if outputs.review is not None:
            send(Topic.REVIEWS, outputs.review.SerializeToString())
        self.count += 1

    def conflict(self, effect: Conflict, cause: Record) -> None:
        """A dead letter for a request id that came again with other content."""
        detail = "this request id was used before, with other content"
        self._letter(DEAD_LETTER_REASON_CONFLICT, detail, cause, effect.request_id)

    def unreadable(self, cause: Record) -> None:
        """A dead letter for a record of ours that cannot be read."""
        self._letter(DEAD_LETTER_REASON_INTERNAL, "not a message of the contract", cause, "")

    def committed(self) -> dict[int, int]:
        """The end of the decisions that this transaction published, per partition; forgets them."""
        ends = self._ends
        self.forget()
        return ends

    def forget(self) -> None:
        """The transaction is over."""
        self._ends = {}
        self._failed = None
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
        self._send(
            Outgoing(Topic.DEAD_LETTERS, cause.partition, cause.key, letter.SerializeToString(), cause.trace())
        )

    def _send(self, outgoing: Outgoing) -> None:
        while True:
            if self._failed is not None:
                raise KafkaException(self._failed)
            try:
                self._producer.produce(
                    outgoing.topic,
                    value=outgoing.value,
                    key=outgoing.key,
                    partition=outgoing.partition,
                    headers=list(outgoing.headers),
                    on_delivery=self._delivered,
                )
            except BufferError:
                self._producer.poll(0.05)
            else:
                return

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failed = error
        elif message.topic() == Topic.DECISIONS:
            partition, offset = message.partition(), message.offset()
            if partition is not None and offset is not None:
                self._ends[partition] = max(self._ends.get(partition, 0), offset + 1)
