"""The real collector takes deploy/otel, and hands on what it should and nothing else."""

import io
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from prometheus_client.parser import text_string_to_metric_families

from sluice.telemetry.export import OtlpSpans
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.otlp_client import resource_of
from sluice.telemetry.otlp_metrics import OtlpMetrics
from sluice.telemetry.otlp_settings import OtlpSettings
from sluice.telemetry.spans import Kind, Span, Value
from sluice.telemetry.trace_context import TraceContext, child, of_request
from tests.deploy.collecting import ALL_FILES, Collecting, collecting, validate
from tests.unit.otlp_receiver import Receiver, receiving

SECRET = "canary-of-the-collector"
NEEDED = {"COLLECTOR_TRACES": "127.0.0.1:4317"}
SECONDS = 60


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def request_id(number: int) -> str:
    """As random as a request's, for the collector draws lots by the trace's id, and always the same."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))


def request(number: int) -> TraceContext:
    return of_request(request_id(number))


def decided(number: int, error: str = "", **attributes: Value) -> Span:
    told = {f"sluice.{name}": value for name, value in attributes.items()}
    now = time.time_ns()
    context = child(request(number), "decide", str(sorted(told)))
    return Span("decide", context, request(number).span_id, Kind.INTERNAL, now - 1000, now, told, error=error)


def send(where: Collecting, *spans: Span) -> None:
    told = OtlpSpans(
        OtlpSettings(where.otlp),
        resource_of("orchestrator", "0"),
        Log("t", stream=io.StringIO()),
        Metrics("t"),
        100,
        20,
    )
    for span in spans:
        told.emit(span)
    told.close()


def traces(receiver: Receiver) -> set[str]:
    return {span.trace_id.hex() for span in receiver.spans()}


def wait_for(receiver: Receiver, numbers: set[int]) -> set[str]:
    """The traces that came, once those came."""
    expected = {request(number).trace_id for number in numbers}
    give_up = time.monotonic() + SECONDS
    while not expected <= traces(receiver) and time.monotonic() < give_up:
        time.sleep(0.1)
    return traces(receiver)


@pytest.mark.parametrize("more", [(), ("tail-sampling.yaml",), ("debug.yaml",), ("tail-sampling.yaml", "debug.yaml")])
def test_the_collector_accepts_the_files(more: tuple[str, ...]) -> None:
    status, words = validate(("collector.yaml", *more), NEEDED)
    assert status == 0, words


def test_the_collector_would_say_what_is_wrong() -> None:
    status, words = validate(("collector.yaml",), {**NEEDED, "COLLECTOR_MEMORY_MIB": "plenty"})
    assert status != 0
    assert "memory_limiter" in words


def test_where_traces_go_must_be_said() -> None:
    status, words = validate(("collector.yaml",), {"COLLECTOR_TRACES": ""})
    assert status != 0
    assert "otlp/traces" in words


def test_a_span_of_ours_passes_whole(tmp_path: Path, receiver: Receiver) -> None:
    with collecting(tmp_path, ("collector.yaml",), receiver.port) as where:
        sent = decided(1, action="ALLOW", complete=True, request_id=request_id(1))
        send(where, sent)
        (span,) = receiver.wait(1, SECONDS)
    assert (span.name, span.trace_id.hex(), span.span_id.hex()) == (
        "decide",
        sent.context.trace_id,
        sent.context.span_id,
    )
    assert {found.key for found in span.attributes} == set(sent.attributes)
    (resource,) = receiver.requests[0].resource_spans
    assert {found.key: found.value.string_value for found in resource.resource.attributes} == dict(
        resource_of("orchestrator", "0").attributes
    )


def test_what_is_not_on_the_list_goes_no_further(tmp_path: Path, receiver: Receiver) -> None:
    leak = KeyValue(key="gen_ai.prompt", value=AnyValue(string_value=SECRET))
    kept = KeyValue(key="sluice.check", value=AnyValue(string_value="text"))
    export = ExportTraceServiceRequest()
    resource = export.resource_spans.add()
    resource.resource.attributes.append(leak)
    scope = resource.scope_spans.add()
    scope.scope.attributes.append(leak)
    span = scope.spans.add(trace_id=b"\1" * 16, span_id=b"\1" * 8, name="process", start_time_unix_nano=1)
    span.attributes.extend([leak, kept])
    span.events.add(name="exception").attributes.append(leak)
    with collecting(
        tmp_path, ALL_FILES, receiver.port, COLLECTOR_KEEP_PERCENT="100", COLLECTOR_DECISION_WAIT="1s"
    ) as where:
        with grpc.insecure_channel(where.otlp) as channel:
            TraceServiceStub(channel).Export(export, timeout=10)  # type: ignore[no-untyped-call] # it has no types
        (span,) = receiver.wait(1, SECONDS)
        own = where.exported()
    assert [found.key for found in span.attributes] == ["sluice.check"]
    assert SECRET not in str(receiver.requests)
    assert SECRET not in where.log.read_text()
    assert SECRET not in own


def test_metrics_come_out_as_a_scrape_of_the_service_would_have_them(tmp_path: Path, receiver: Receiver) -> None:
    metrics = Metrics("orchestrator")
    metrics.count("decisions", "Decisions.", {"stage": "PROMPT", "action": "ALLOW", "complete": "true"}, by=3)
    metrics.gauge("undecided", "Requests that wait.", 7)
    metrics.observe("decision_seconds", "Until decided.", 0.3, {"stage": "PROMPT", "lane": "interactive"})
    with collecting(tmp_path, ("collector.yaml",), receiver.port) as where:
        log = Log("orchestrator", stream=io.StringIO())
        OtlpMetrics(OtlpSettings(where.otlp), resource_of("orchestrator", "0"), log, metrics, 60).close()
        give_up = time.monotonic() + SECONDS
        while "sluice_undecided" not in where.exported() and time.monotonic() < give_up:
            time.sleep(0.1)
        exported = where.exported()
    assert told(exported) == told(metrics.text().decode())
    assert 'job="orchestrator"' in exported
    assert 'instance="0"' in exported


def told(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Samples by name and labels, without what the road adds and with bounds as numbers."""
    added = ("job", "instance", "otel_scope_name", "otel_scope_version", "otel_scope_schema_url")
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = {name: value for name, value in sample.labels.items() if name not in added}
            if "le" in labels:
                labels["le"] = str(float(labels["le"]))
            if sample.name.startswith("sluice_"):
                found[sample.name, frozenset(labels.items())] = sample.value
    return found


def test_tail_sampling_keeps_what_went_wrong(tmp_path: Path, receiver: Receiver) -> None:
    kept = {
        1: decided(1, action="BLOCK", complete=True),
        2: decided(2, action="REVIEW", complete=True),
        3: decided(3, action="ALLOW", complete=False),
        4: decided(4, error="RetryableError", action="ALLOW", complete=True),
        5: decided(5, outcome="dead_letter"),
    }
    allowed = [decided(number, action="ALLOW", complete=True) for number in range(100, 120)]
    files = ("collector.yaml", "tail-sampling.yaml")
    with collecting(
        tmp_path, files, receiver.port, COLLECTOR_KEEP_PERCENT="0", COLLECTOR_DECISION_WAIT="1s"
    ) as where:
        send(where, *allowed, *kept.values())
        wait_for(receiver, set(kept))
        # What comes late follows its trace; what comes later still is judged after all of the others.
        send(where, decided(1, status="OK"), decided(100, status="OK"), decided(6, action="BLOCK", complete=True))
        came = wait_for(receiver, {*kept, 6})
    assert came == {request(number).trace_id for number in (*kept, 6)}
    assert len([span for span in receiver.spans() if span.trace_id.hex() == request(1).trace_id]) == 2


def test_tail_sampling_keeps_what_was_slow_and_a_share_of_the_rest(tmp_path: Path, receiver: Receiver) -> None:
    now = time.time_ns()
    slow = Span("decide", child(request(1), "decide"), "", Kind.INTERNAL, now - 2_000_000_000, now)
    files = ("collector.yaml", "tail-sampling.yaml")
    quick = [decided(number, action="ALLOW", complete=True) for number in range(100, 180)]
    env = {"COLLECTOR_KEEP_PERCENT": "50", "COLLECTOR_DECISION_WAIT": "1s", "COLLECTOR_SLOW_MS": "1500"}
    with collecting(tmp_path, files, receiver.port, **env) as where:
        send(where, *quick, slow)
        wait_for(receiver, {1})
        send(where, decided(6, action="BLOCK", complete=True))
        came = wait_for(receiver, {1, 6}) - {request(1).trace_id, request(6).trace_id}
    assert 10 < len(came) < 70
