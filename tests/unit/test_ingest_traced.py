"""The trace of a request as ingest takes it up: its sender's, or one of its own with a root."""

import pytest

from ingest.traced import Tracing
from sluice.bus.record import Record
from sluice.host.hops import DONE, Hops
from sluice.host.steps import Step
from sluice.telemetry.hops import Place, hop_of
from sluice.telemetry.spans import KeptSpans, Kind, NoSpans
from sluice.telemetry.trace_context import Headers, TraceContext, headers_of, of_request, parse
from sluice.telemetry.tracing import root_context
from sluice.v1.contents_pb2 import UNPROCESSABLE_TOO_LATE, Contents
from sluice.v1.request_pb2 import ROLE_UPLOAD
from tests.unit.build import OTHER_ID, REQUEST_ID, contents, image, text

PLACE = Place("sluice-ingest", "moderation.requests", 3, 17)
GIVEN = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True, state="vendor=1")
VIEW = image("c1.1", ROLE_UPLOAD)
VIEW.view_of = "c1"
MADE = contents(text(), image("c1", ROLE_UPLOAD), VIEW)


def record(headers: Headers) -> Record:
    return Record(PLACE.topic, PLACE.partition, PLACE.offset, OTHER_ID.encode(), b"value", 1234, headers)


def through(spans: KeptSpans, headers: Headers, sample: float = 1.0, made: Contents = MADE) -> Headers:
    """A record with these headers becomes contents; the contents' headers as the handler gave them."""
    found = record(headers)
    handling = Hops(PLACE.group, spans).begin(found)
    with handling:
        traced = Tracing(spans, sample).begin(found, REQUEST_ID)
        with Step(spans, "decode", "c1"):
            pass
        traced.made(made)
    handling.caused([])
    handling.tell(DONE)
    return traced.headers


def test_of_a_request_without_context_the_root_is_told_and_everything_hangs_below_it() -> None:
    spans = KeptSpans()
    root = of_request(REQUEST_ID)
    assert parse(through(spans, ())) == root
    decode, request, hop = spans.told
    assert (request.name, request.context, request.parent, request.kind) == ("request", root, "", Kind.PRODUCER)
    assert (request.start_ns, request.end_ns) == (1_234_000_000, 1_234_000_000)
    assert request.attributes == {
        "messaging.system": "kafka",
        "messaging.operation.type": "send",
        "messaging.operation.name": "send",
        "messaging.destination.name": "moderation.requests",
        "messaging.destination.partition.id": "3",
        "messaging.kafka.offset": 17,
        "sluice.stage": "PROMPT",
        "sluice.operation": "GENERATE",
        "sluice.lane": "INTERACTIVE",
        "sluice.request_id": REQUEST_ID,
        "sluice.contents": 2,
    }
    assert hop.context == hop_of(root, PLACE)
    assert decode.parent == hop.context.span_id
    # The stranger's key names another request.
    assert hop.attributes["sluice.request_id"] == REQUEST_ID
    assert hop.attributes["sluice.contents"] == 2


def test_a_senders_context_is_carried_on_and_has_its_root_elsewhere() -> None:
    spans = KeptSpans()
    assert parse(through(spans, (*headers_of(GIVEN), ("x-secret", b"no")))) == GIVEN
    assert [span.name for span in spans.told] == ["decode", "process moderation.requests"]
    assert spans.told[1].parent == GIVEN.span_id


@pytest.mark.parametrize("bad", [b"", b"00-1-1-01", b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01", b"\xff\x00"])
def test_a_malformed_context_is_none(bad: bytes) -> None:
    spans = KeptSpans()
    assert parse(through(spans, (("traceparent", bad), ("tracestate", b"vendor=1")))) == of_request(REQUEST_ID)
    assert "request" in {span.name for span in spans.told}


def test_what_is_not_sampled_is_not_told_and_has_the_same_root() -> None:
    spans = KeptSpans()
    assert parse(through(spans, (), sample=0.0)) == root_context(REQUEST_ID, 0.0)
    unsampled = TraceContext(GIVEN.trace_id, GIVEN.span_id, sampled=False)
    assert parse(through(spans, headers_of(unsampled))) == unsampled
    assert spans.told == []


def test_a_request_that_cannot_be_judged_says_why() -> None:
    spans = KeptSpans()
    through(spans, (), made=Contents(request_id=REQUEST_ID, unprocessable=UNPROCESSABLE_TOO_LATE))
    assert spans.told[-1].attributes["sluice.reason"] == "TOO_LATE"


def test_where_nobody_is_told_the_context_goes_on_all_the_same() -> None:
    traced = Tracing(NoSpans()).begin(record(()), REQUEST_ID)
    traced.made(MADE)
    assert parse(traced.headers) == of_request(REQUEST_ID)
