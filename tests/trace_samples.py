"""Traces to try things with: one like those of a request, told as services tell them."""

import uuid
from collections.abc import Mapping, Sequence

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from sluice.telemetry.hops import Place, hop_of, hop_span
from sluice.telemetry.spans import Kind, Span, Value
from sluice.telemetry.trace_context import TraceContext, child, of_request
from sluice.trace.span import TraceSpan
from sluice.v1.decision_pb2 import Action, Decision, Input, Reason
from sluice.v1.request_pb2 import Lane, Stage
from sluice.v1.verdict_pb2 import ContentResult, Status

REQUEST_ID = "0b8f2c8e-3a55-4f0e-9d6f-3c8a3d5f1e11"
TRACE_ID = uuid.UUID(REQUEST_ID).hex
BEGIN_NS = 1_790_000_000_000_000_000
"""A moment in 2026."""
MS = 1_000_000
T = BEGIN_NS // MS
"""The same moment in milliseconds."""


def request_spans(request_id: str = REQUEST_ID) -> Mapping[str, Sequence[Span]]:
    """The trace of a blocked request, by service: two checks, of which the second waited and took long."""

    def times(begin_ms: float, end_ms: float) -> tuple[int, int]:
        return BEGIN_NS + int(begin_ms * MS), BEGIN_NS + int(end_ms * MS)

    root = of_request(request_id)
    about = {"sluice.request_id": request_id}
    asked = Place("sluice-ingest", "moderation.requests", 2, 40)
    ingest = hop_of(root, asked)

    def check(name: str, begin: float, end: float) -> tuple[TraceContext, Span]:
        place = Place(f"sluice-{name}", "moderation.contents", 3, 17)
        context = hop_of(ingest, place)
        return context, hop_span(context, ingest.span_id, place, times(begin, end), {**about, "sluice.check": name})

    text, text_span = check("text", 22, 34)
    image, image_span = check("image", 142, 262)
    batch = child(image, "batch")
    decide = child(ingest, "decide")
    elsewhere = of_request(str(uuid.UUID(int=7)))
    told: dict[str, Value] = {**about, "sluice.action": "BLOCK", "sluice.complete": True, "sluice.stage": "OUTPUT"}
    return {
        "ingest": [
            Span("request", root, "", Kind.PRODUCER, *times(0, 0), about),
            hop_span(ingest, root.span_id, asked, times(4, 20), about),
        ],
        "text-classifier": [text_span],
        "image-classifier": [
            image_span,
            Span("fetch", child(image, "fetch"), image.span_id, Kind.CLIENT, *times(143, 150)),
            Span("wait", child(image, "wait"), image.span_id, Kind.INTERNAL, *times(150, 160)),
            Span(
                "batch",
                batch,
                image.span_id,
                Kind.INTERNAL,
                *times(160, 260),
                {"sluice.batch.size": 2},
                links=(image, elsewhere),
                error="TIMEOUT",
            ),
        ],
        "orchestrator": [
            Span("decide", decide, ingest.span_id, Kind.CONSUMER, *times(264, 266), told, links=(text, image))
        ],
    }


def seen(spans: Mapping[str, Sequence[Span]] | None = None) -> list[TraceSpan]:
    """The same as a backend hands them out."""
    return [
        TraceSpan(
            span.context.trace_id,
            span.context.span_id,
            span.parent,
            span.name,
            service,
            str(span.kind),
            span.start_ns,
            span.end_ns,
            span.attributes,
            tuple((to.trace_id, to.span_id) for to in span.links),
            span.error,
        )
        for service, several in (request_spans() if spans is None else spans).items()
        for span in several
    ]


def plain(
    number: int, parent: int = 0, begin: float = 0, end: float = 1, name: str = "", links: Sequence[int] = ()
) -> TraceSpan:
    """A span of TRACE_ID by number; times in milliseconds after BEGIN_NS."""
    return TraceSpan(
        TRACE_ID,
        f"{number:016x}",
        f"{parent:016x}" if parent else "",
        name or f"s{number}",
        "service",
        "internal",
        BEGIN_NS + int(begin * MS),
        BEGIN_NS + int(end * MS),
        links=tuple((TRACE_ID, f"{each:016x}") for each in links),
    )


def wire(
    trace_id: bytes, span_id: bytes, name: str = "work", service: str = "service", synthesised: bool = False
) -> ExportTraceServiceRequest:
    """One span as an exporter sends it."""
    span = WireSpan(trace_id=trace_id, span_id=span_id, name=name, start_time_unix_nano=1, end_time_unix_nano=2)
    if synthesised:
        span.attributes.append(KeyValue(key="sluice.synthesised", value=AnyValue(bool_value=True)))
    resource = Resource(attributes=[KeyValue(key="service.name", value=AnyValue(string_value=service))])
    return ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(resource=resource, scope_spans=[ScopeSpans(spans=[span])])]
    )


def heard(
    check: str, received: int, started: int, finished: int, appended: int, status: int = Status.STATUS_OK
) -> Input:
    """A check's answer; times in milliseconds from `T` on."""
    return Input(
        check=check,
        received_at_ms=T + received,
        started_at_ms=T + started,
        finished_at_ms=T + finished,
        appended_at_ms=T + appended,
        results=[ContentResult(content_id="c0", status=Status.ValueType(status))],
    )


def decided(*inputs: Input, lane: int = Lane.LANE_INTERACTIVE) -> Decision:
    """An output that was allowed 300 ms after it was asked for."""
    return Decision(
        request_id=REQUEST_ID,
        stage=Stage.STAGE_OUTPUT,
        lane=Lane.ValueType(lane),
        action=Action.ACTION_ALLOW,
        complete=True,
        reasons=[Reason(rule="some-rule")],
        inputs=inputs,
        requested_at_ms=T,
        prepared_at_ms=T + 20,
        decided_at_ms=T + 300,
    )


CHECKS = (heard("text", 21, 21, 30, 31), heard("image", 22, 140, 290, 295))
