"""A log with decisions, verdicts and signed assets of a test's own, on the client's stand-in for a cluster."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from confluent_kafka import Producer
from google.protobuf.message import Message

from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.ids import partition_for
from sluice.settings import KafkaSettings
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import Decision, Input
from sluice.v1.request_pb2 import ObjectReference
from sluice.v1.verdict_pb2 import ContentResult, Status, Verdict
from tests.unit.mock_broker import mock_broker

PARTITIONS = 4


@dataclass(frozen=True, slots=True)
class LogOf:
    """The log, and what is written to it."""

    kafka: KafkaSettings
    producer: Producer

    def put(self, topic: Topic, request_id: str, message: Message, headers: Sequence[tuple[str, bytes]] = ()) -> int:
        """Writes a record; its offset."""
        offsets: list[int] = []
        self.producer.produce(
            topic,
            message.SerializeToString(),
            key=request_id.encode(),
            partition=partition_for(request_id, PARTITIONS),
            headers=list(headers),
            on_delivery=lambda _, done: offsets.append(done.offset() or 0),
        )
        assert self.producer.flush(20) == 0
        return offsets[0]

    def verdict(self, request_id: str, check: str, status: Status.ValueType = Status.STATUS_OK) -> int:
        """A check's answer."""
        result = ContentResult(content_id="c0", status=status, scores={"violence": 0.2})
        verdict = Verdict(request_id=request_id, check=check, results=[result], received_at_ms=1000)
        verdict.started_at_ms, verdict.finished_at_ms = 1002, 1010
        return self.put(Topic.VERDICTS, request_id, verdict)

    def decision(self, decision: Decision) -> int:
        """A decision."""
        return self.put(Topic.DECISIONS, decision.request_id, decision)

    def signed(self, request_id: str, reference: ObjectReference | None = None) -> int:
        """A signed picture."""
        asset = SignedAsset(request_id=request_id, signed=reference, manifest_label="urn:c2pa:1", signed_at_ms=5000)
        return self.put(Topic.SIGNED, request_id, asset)


def heard(check: str, offset: int, at_ms: int = 1000) -> Input:
    """A verdict as a decision remembers it. `at_ms`: when the check received the contents."""
    seen = Input(check=check, verdict_offset=offset, received_at_ms=at_ms, appended_at_ms=at_ms + 11)
    seen.results.add(content_id="c0", status=Status.STATUS_OK, scores={"violence": 0.2})
    seen.started_at_ms, seen.finished_at_ms = at_ms + 2, at_ms + 10
    return seen


@contextmanager
def a_log() -> Iterator[LogOf]:
    """An empty one."""
    with mock_broker(Topic.DECISIONS, Topic.VERDICTS, Topic.SIGNED) as kafka:
        yield LogOf(kafka, plain_producer(kafka))
