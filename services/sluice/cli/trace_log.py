"""The trace of a request that nobody told spans of: from what the Kafka log says of it.

A decision carries the times of everything it rests on. They are whole milliseconds of the broker's clock and of the
services' own, and where waiting and work were not told apart, one span has both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import DecodeError

from sluice.bus.record import Record
from sluice.bus.scan import count_partitions, newest
from sluice.bus.topics import Topic
from sluice.cli.trace_spans import TraceSpan, Value
from sluice.cli.trace_tree import DECIDE
from sluice.contract.names import short_name
from sluice.errors import RetryableError
from sluice.ids import partition_for
from sluice.settings import KafkaSettings
from sluice.telemetry.trace_context import of_request, parse, span_id
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import Action, Decision, Input
from sluice.v1.request_pb2 import Lane, Stage
from sluice.v1.verdict_pb2 import Status

_MS: Final = 1_000_000


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
            told = _Telling(trace_id, request_id, bulk).asked(_requested_at(prepared), prepared.timestamp_ms)
            return Logged(trace_id, 0, tuple(told))
    return None


def decision_spans(trace_id: str, decision: Decision, written_ms: int, signed_ms: int = 0) -> Iterator[TraceSpan]:
    """What a decision says of how it came about. Times in milliseconds since the epoch: `written_ms`: when its record
    was appended; `signed_ms`: when the signed asset was, 0 where there is none."""
    telling = _Telling(trace_id, decision.request_id, decision.lane == Lane.LANE_BULK)
    yield from telling.asked(decision.requested_at_ms, decision.prepared_at_ms)
    checks = [telling.check(each) for each in decision.inputs]
    for several in checks:
        yield from several
    decided_at = decision.decided_at_ms or written_ms
    heard = [each.appended_at_ms for each in decision.inputs if each.appended_at_ms <= decided_at]
    attributes: dict[str, Value] = {
        "sluice.action": short_name(Action, decision.action) or "",
        "sluice.complete": decision.complete,
        "sluice.stage": short_name(Stage, decision.stage) or "",
    }
    attributes |= {"sluice.rule": decision.reasons[0].rule} if decision.reasons else {}
    yield telling.span(
        DECIDE,
        "orchestrator",
        (max([*heard, decision.prepared_at_ms]), decided_at),
        telling.ingest,
        attributes,
        tuple((trace_id, several[0].span_id) for several in checks),
    )
    yield telling.span(
        f"send {Topic.DECISIONS}", "orchestrator", (decided_at, written_ms), telling.id_of(DECIDE, "orchestrator")
    )
    if signed_ms:
        at = (written_ms, signed_ms)
        yield telling.span("sign", "c2pa-signer", at, telling.id_of(DECIDE, "orchestrator"))


class _Telling:
    """Makes spans of one request."""

    def __init__(self, trace_id: str, request_id: str, bulk: bool) -> None:
        self._trace_id = trace_id
        self._request_id = request_id
        self._requests = Topic.REQUESTS_BULK if bulk else Topic.REQUESTS
        self._contents = Topic.CONTENTS_BULK if bulk else Topic.CONTENTS

    @property
    def ingest(self) -> str:
        """The id of ingest's span."""
        return self.id_of(f"process {self._requests}", "ingest")

    def id_of(self, name: str, service: str) -> str:
        """The id of a span that is made here."""
        return span_id(self._trace_id, "log", name, service)

    def span(
        self,
        name: str,
        service: str,
        times_ms: tuple[int, int],
        parent: str = "",
        attributes: dict[str, Value] | None = None,
        links: tuple[tuple[str, str], ...] = (),
        error: str = "",
    ) -> TraceSpan:
        """One of them."""
        start, end = times_ms
        told: dict[str, Value] = {"sluice.request_id": self._request_id, "sluice.synthesised": True}
        return TraceSpan(
            self._trace_id,
            self.id_of(name, service),
            parent,
            name,
            service,
            "consumer" if name.startswith("process") else "internal",
            start * _MS,
            max(start, end) * _MS,
            told | (attributes or {}),
            links,
            error,
        )

    def asked(self, requested_ms: int, prepared_ms: int) -> Iterator[TraceSpan]:
        """The request, and what ingest made of it."""
        root = self.span("request", "", (requested_ms or prepared_ms,) * 2)
        yield root
        name = f"process {self._requests}"
        where: dict[str, Value] = {"messaging.destination.name": self._requests.value}
        yield self.span(name, "ingest", (requested_ms or prepared_ms, prepared_ms), root.span_id, where)

    def check(self, heard: Input) -> list[TraceSpan]:
        """A check's hop, and how long the record waited in it."""
        name = f"process {self._contents}"
        failed = [each.status for each in heard.results if each.status != Status.STATUS_OK]
        error = (short_name(Status, failed[0]) or "ERROR") if failed else ""
        begin = heard.received_at_ms or heard.started_at_ms or heard.appended_at_ms
        end = heard.finished_at_ms or heard.appended_at_ms
        where: dict[str, Value] = {"messaging.destination.name": self._contents.value, "sluice.check": heard.check}
        hop = self.span(name, heard.check, (begin, end), self.ingest, where, error=error)
        if not begin < heard.started_at_ms <= end:
            return [hop]
        return [hop, self.span("wait", heard.check, (begin, heard.started_at_ms), hop.span_id)]


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
