"""A generator as any other: publishes requests with a plain producer, reads decisions and signed pictures."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from confluent_kafka import Consumer, TopicPartition

from sluice.bus.clients import log_reader, plain_producer
from sluice.bus.topics import Topic
from sluice.demo.sample_set import Case
from sluice.errors import RetryableError
from sluice.ids import new_request_id
from sluice.settings import KafkaSettings
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision
from sluice.v1.request_pb2 import LANE_INTERACTIVE, STAGE_OUTPUT, STAGE_PROMPT, Request

DEADLINE_MS = 60_000
_WAIT_SECONDS = 90.0


@dataclass(slots=True)
class Answer:
    """What came back for a case. Times: broker append, milliseconds since the epoch."""

    case: Case
    request_id: str
    decision: Decision | None = None
    decided_at_ms: int = 0
    signed: SignedAsset | None = None
    signed_at_ms: int = 0

    def is_complete(self) -> bool:
        """Whether nothing more will come."""
        if self.decision is None:
            return False
        wants_picture = self.decision.action == ACTION_ALLOW and self.decision.stage == STAGE_OUTPUT
        return not wants_picture or self.signed is not None

    @property
    def as_expected(self) -> bool:
        """Whether the decision is the one that the sample set expects, for a reason that it names."""
        if self.decision is None or not self.is_complete():
            return False
        fired = {reason.rule for reason in self.decision.reasons}
        return self.decision.action == self.case.expected and (not self.case.rules or bool(fired & self.case.rules))


@dataclass(slots=True)
class Generator:
    """One session of publishing and listening."""

    kafka: KafkaSettings
    shown: Callable[[Answer], None]
    answers: dict[str, Answer] = field(default_factory=dict)

    def run(self, cases: Sequence[Case]) -> Sequence[Answer]:
        """Publishes PROMPT cases, waits for their decisions, then OUTPUT cases. RetryableError without a broker."""
        reader = log_reader(self.kafka)
        try:
            _listen_from_here(reader)
            for stage in (STAGE_PROMPT, STAGE_OUTPUT):
                self._publish([case for case in cases if case.stage == stage])
                self._collect(reader)
        finally:
            reader.close()
        return list(self.answers.values())

    def _publish(self, cases: Sequence[Case]) -> None:
        ids: Mapping[str, str] = {answer.case.name: answer.request_id for answer in self.answers.values()}
        producer = plain_producer(self.kafka)
        for case in cases:
            request = Request(
                id=new_request_id(),
                generation_id=ids.get(case.after, ""),
                stage=case.stage,
                operation=case.operation,
                lane=LANE_INTERACTIVE,
                contents=case.contents,
                deadline_ms=DEADLINE_MS,
            )
            self.answers[request.id] = Answer(case, request.id)
            producer.produce(Topic.REQUESTS, request.SerializeToString(), key=request.id.encode())
        if producer.flush(30.0):
            raise RetryableError("the broker did not take the requests within 30 s")

    def _collect(self, reader: Consumer) -> None:
        until = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < until and not all(answer.is_complete() for answer in self.answers.values()):
            message = reader.poll(0.2)
            if message is None or message.error() is not None:
                continue
            answer = self.answers.get((message.key() or b"").decode(errors="replace"))
            if answer is None or answer.is_complete():
                continue
            if message.topic() == Topic.DECISIONS:
                answer.decision = Decision.FromString(message.value() or b"")
                answer.decided_at_ms = message.timestamp()[1]
            else:
                answer.signed = SignedAsset.FromString(message.value() or b"")
                answer.signed_at_ms = message.timestamp()[1]
            if answer.is_complete():
                self.shown(answer)


def _listen_from_here(reader: Consumer) -> None:
    found = reader.list_topics(timeout=10.0).topics
    places = []
    for topic in (Topic.DECISIONS, Topic.SIGNED):
        for partition in found[topic].partitions:
            _, end = reader.get_watermark_offsets(TopicPartition(topic, partition), 10.0)
            places.append(TopicPartition(topic, partition, end))
    reader.assign(places)
