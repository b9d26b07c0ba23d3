"""The trace of a request that nobody told spans of: from what the Kafka log says of it."""

from dataclasses import dataclass

from google.protobuf.message import DecodeError

from sluice.bus.record import Record
from sluice.bus.scan import count_partitions, newest
from sluice.bus.topics import Topic
from sluice.errors import RetryableError
from sluice.ids import partition_for
from sluice.settings import KafkaSettings
from sluice.telemetry.trace_context import of_request, parse
from sluice.trace.decided import decision_spans, prepared_spans
from sluice.trace.span import TraceSpan
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.request_pb2 import Stage


@dataclass(frozen=True, slots=True)
class Logged:
    """What the log says of a request. `trace_id`: of the trace that its records belong to; `decided_at_ms`: 0 where
    it is not decided."""

    trace_id: str
    decided_at_ms: int
    spans: tuple[TraceSpan, ...]


def from_log(kafka: KafkaSettings, request_id: str) -> Logged | None:
    """The request as the log has it, decided or not yet; None where there is nothing of it. RetryableError."""
    partition = partition_for(request_id, count_partitions(kafka, Topic.DECISIONS))
    decided = newest(kafka, Topic.DECISIONS, partition, request_id)
    if decided is not None:
        decision = _decision(decided)
        released = decision.action == Action.ACTION_ALLOW and decision.stage == Stage.STAGE_OUTPUT
        signed = newest(kafka, Topic.SIGNED, partition, request_id, decided.timestamp_ms) if released else None
        trace_id = _trace_id(decided, request_id)
        spans = decision_spans(trace_id, decision, decided.timestamp_ms, signed.timestamp_ms if signed else 0)
        return Logged(trace_id, decision.decided_at_ms or decided.timestamp_ms, tuple(spans))
    for topic in (Topic.CONTENTS, Topic.CONTENTS_BULK):
        prepared = newest(kafka, topic, partition, request_id)
        if prepared is not None:
            trace_id = _trace_id(prepared, request_id)
            bulk = topic is Topic.CONTENTS_BULK
            told = prepared_spans(trace_id, request_id, bulk, _requested_at(prepared), prepared.timestamp_ms)
            return Logged(trace_id, 0, tuple(told))
    return None


def _decision(record: Record) -> Decision:
    try:
        return Decision.FromString(record.value)
    except DecodeError as error:
        raise RetryableError(f"{record.topic}[{record.partition}]@{record.offset} is not a decision") from error


def _requested_at(record: Record) -> int:
    try:
        return Contents.FromString(record.value).requested_at_ms
    except DecodeError:
        return 0


def _trace_id(record: Record, request_id: str) -> str:
    context = parse(record.headers)
    return context.trace_id if context is not None else of_request(request_id).trace_id
