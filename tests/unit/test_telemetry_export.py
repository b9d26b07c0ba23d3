"""Spans reach a collector as they are, and one that is away costs nothing but the spans."""

import io
import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Received
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from sluice.telemetry.export import OtlpSpans, open_spans
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.otlp_client import resource_of
from sluice.telemetry.otlp_settings import OtlpSettings
from sluice.telemetry.spans import Kind, NoSpans, Span
from sluice.telemetry.trace_context import TraceContext, child, of_request
from tests.unit.build import OTHER_ID, REQUEST_ID
from tests.unit.key_services import _tls
from tests.unit.otlp_receiver import Receiver, receiving

ROOT = of_request(REQUEST_ID)
SECRET = TraceContext(ROOT.trace_id, ROOT.span_id, sampled=False, state="vendor=secret")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


class Told:
    """Spans on their way to a port, with the log and the metrics beside them."""

    def __init__(
        self, port: int, most_waiting: int = 64, every_ms: int = 20, **otlp: tuple[tuple[str, str], ...]
    ) -> None:
        self.stream = io.StringIO()
        self.metrics = Metrics("test")
        self.spans = OtlpSpans(
            OtlpSettings(f"127.0.0.1:{port}", **otlp),  # type: ignore[arg-type] # the headers
            resource_of("test", "7"),
            Log("test", stream=self.stream),
            self.metrics,
            most_waiting,
            every_ms,
        )

    def events(self) -> list[tuple[str, str]]:
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [(line["event"], line.get("code", "")) for line in lines]

    def dropped(self) -> float:
        lines = self.metrics.text().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("sluice_spans_dropped_total{"))


def span(number: int = 0) -> Span:
    return Span("decide", child(ROOT, "decide", number), ROOT.span_id, Kind.INTERNAL, 1000, 2000)


def nowhere() -> int:
    """A port on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_a_span_arrives_as_it_is(receiver: Receiver) -> None:
    told = Told(receiver.port)
    attributes: dict[str, str | int | float | bool] = {
        "messaging.system": "kafka",
        "messaging.kafka.offset": 17,
        "sluice.complete": True,
    }
    hop = child(ROOT, "hop")
    told.spans.emit(
        Span("process x", hop, ROOT.span_id, Kind.CONSUMER, 5_000, 9_000, attributes, (of_request(OTHER_ID),))
    )
    (found,) = receiver.wait(1)
    told.spans.close()
    assert (found.trace_id.hex(), found.span_id.hex()) == (ROOT.trace_id, hop.span_id)
    assert (found.parent_span_id.hex(), found.name) == (ROOT.span_id, "process x")
    assert (found.start_time_unix_nano, found.end_time_unix_nano) == (5_000, 9_000)
    assert found.kind == Received.SPAN_KIND_CONSUMER
    assert {pair.key: pair.value.WhichOneof("value") for pair in found.attributes} == {
        "messaging.system": "string_value",
        "messaging.kafka.offset": "int_value",
        "sluice.complete": "bool_value",
    }
    (link,) = found.links
    assert link.trace_id.hex() == of_request(OTHER_ID).trace_id
    assert found.status.code == Status.STATUS_CODE_UNSET
    (resource,) = receiver.requests[0].resource_spans
    said = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
    assert said == {"service.name": "test", "service.version": "0.1.0", "service.instance.id": "7"}
    assert (told.events(), told.dropped()) == ([], 0)


@pytest.mark.parametrize(("given", "sent"), [(-1, 0), (1 << 70, (1 << 63) - 1)])
def test_a_time_that_is_none_takes_no_other_span_along(receiver: Receiver, given: int, sent: int) -> None:
    told = Told(receiver.port)
    told.spans.emit(span(1))
    told.spans.emit(Span("decide", child(ROOT, "odd"), ROOT.span_id, Kind.INTERNAL, given, given))
    found = receiver.wait(2)
    told.spans.close()
    assert {one.start_time_unix_nano for one in found} == {1000, sent}
    assert told.dropped() == 0


def test_every_kind_is_the_librarys(receiver: Receiver) -> None:
    told = Told(receiver.port)
    for kind in Kind:
        told.spans.emit(Span(kind.value, child(ROOT, kind.value), "", kind, 1, 2))
    found = {one.name: Received.SpanKind.Name(one.kind) for one in receiver.wait(len(Kind))}
    told.spans.close()
    assert found == {kind.value: f"SPAN_KIND_{kind.name}" for kind in Kind}


def test_what_is_told_in_any_case_arrives_and_the_senders_state_does_not(receiver: Receiver) -> None:
    told = Told(receiver.port)
    told.spans.emit(Span("decide", SECRET, "", Kind.INTERNAL, 2000, 1000, error="MALFORMED"))
    (found,) = receiver.wait(1)
    told.spans.close()
    assert (found.trace_state, found.parent_span_id) == ("", b"")
    assert (found.status.code, found.status.message) == (Status.STATUS_CODE_ERROR, "MALFORMED")
    assert {pair.key: pair.value.string_value for pair in found.attributes} == {"error.type": "MALFORMED"}
    assert (found.start_time_unix_nano, found.end_time_unix_nano) == (2000, 2000)
    assert b"secret" not in receiver.requests[0].SerializeToString()


def test_what_is_left_is_sent_at_the_end(receiver: Receiver) -> None:
    told = Told(receiver.port, every_ms=60_000)
    for number in range(5):
        told.spans.emit(span(number))
    told.spans.close()
    assert len(receiver.spans()) == 5
    told.spans.emit(span(5))
    assert (len(receiver.spans()), told.dropped()) == (5, 1)


def test_headers_go_with_every_call(receiver: Receiver) -> None:
    told = Told(receiver.port, headers=(("x-token", "abc"),))
    told.spans.emit(span())
    receiver.wait(1)
    told.spans.close()
    assert receiver.metadata[0]["x-token"] == "abc"


def test_a_receiver_behind_tls_is_known_by_its_authority(tmp_path: Path) -> None:
    _tls(tmp_path)
    certificate, key = tmp_path / "tls.pem", tmp_path / "tls.key"
    server = grpc.ssl_server_credentials([(key.read_bytes(), certificate.read_bytes())])
    with receiving(server) as receiver:
        otlp = OtlpSettings(f"localhost:{receiver.port}", tls=True, authority=certificate, compress=True)
        told = open_spans(otlp, "test", "0", Log("test", stream=io.StringIO()), Metrics("test"))
        told.emit(span())
        told.close()
        assert len(receiver.spans()) == 1


def test_what_finds_the_queue_full_is_dropped_and_counted(receiver: Receiver) -> None:
    told = Told(receiver.port, most_waiting=10, every_ms=60_000)
    receiver.refusing = grpc.StatusCode.UNAUTHENTICATED
    told.spans.emit(span())
    for number in range(1, 40):
        told.spans.emit(span(number))
    told.spans.close()
    assert told.dropped() == 40


def test_trouble_is_told_once_and_its_end_too(receiver: Receiver, capfd: pytest.CaptureFixture[str]) -> None:
    told = Told(receiver.port)
    receiver.refusing = grpc.StatusCode.UNAUTHENTICATED
    for number in range(3):
        told.spans.emit(span(number))
        assert receiver.wait_calls(number + 1) == number + 1
    receiver.refusing = None
    told.spans.emit(span(3))
    receiver.wait(1)
    told.spans.close()
    assert told.events() == [("spans cannot be sent", "UNAUTHENTICATED"), ("spans are sent again", "")]
    assert told.dropped() == 3
    assert capfd.readouterr() == ("", "")


def test_a_collector_that_is_away_holds_nothing_up(capfd: pytest.CaptureFixture[str]) -> None:
    told = Told(nowhere())
    for number in range(200):
        told.spans.emit(span(number))
    told.spans.close()
    assert told.dropped() == 200
    assert ("spans cannot be sent", "UNAVAILABLE") in told.events()
    assert capfd.readouterr() == ("", "")


def test_the_library_is_silent_and_only_the_library() -> None:
    told = Told(nowhere())
    told.spans.close()
    assert not logging.getLogger("opentelemetry").propagate
    assert logging.getLogger("somebody.else").propagate


def test_the_counter_is_there_before_anything_is_dropped(receiver: Receiver) -> None:
    told = Told(receiver.port)
    assert b'sluice_spans_dropped_total{service="test"} 0.0' in told.metrics.text()
    told.spans.close()


def test_nobody_is_told_where_nobody_is_named(tmp_path: Path) -> None:
    log, metrics = Log("test", stream=io.StringIO()), Metrics("test")
    assert isinstance(open_spans(OtlpSettings(), "test", "0", log, metrics), NoSpans)
    found = open_spans(OtlpSettings("127.0.0.1:1"), "test", "0", log, metrics)
    assert found.on
    found.close()
    with pytest.raises(OSError, match=r"none\.pem"):
        open_spans(OtlpSettings("x:1", tls=True, authority=tmp_path / "none.pem"), "test", "0", log, metrics)
