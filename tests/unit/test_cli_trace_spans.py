"""Reading a trace that somebody else wrote: what is good is taken, what is not is left out, nothing breaks."""

import base64
import json

import pytest

from sluice.cli import trace_spans
from sluice.cli.trace_spans import LONGEST, UnreadableTraceError, read_trace
from sluice.trace.span import TraceSpan

TRACE = "0b8f2c8e3a554f0e9d6f3c8a3d5f1e11"
SPAN = "00f067aa0ba902b7"


def answer(*spans: object, service: object = "svc") -> bytes:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    groups = [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]
    return json.dumps({"result": {"resourceSpans": groups}}).encode()


def told(**more: object) -> dict[str, object]:
    return {"traceId": TRACE, "spanId": SPAN, "startTimeUnixNano": "10", "endTimeUnixNano": "20", **more}


def one(*spans: object) -> TraceSpan:
    (span,) = read_trace(answer(*spans), TRACE)
    return span


def test_a_span_is_read_whole() -> None:
    attributes = [
        {"key": "text", "value": {"stringValue": "t"}},
        {"key": "whole", "value": {"intValue": "42"}},
        {"key": "part", "value": {"doubleValue": 0.5}},
        {"key": "truth", "value": {"boolValue": True}},
        {"key": "several", "value": {"arrayValue": {"values": []}}},
    ]
    link = {"traceId": TRACE.upper(), "spanId": "1" * 16}
    status = {"code": 2, "message": "TIMEOUT"}
    more = {"name": "decide", "kind": 5, "parentSpanId": "2" * 16, "links": [link]}
    span = one(told(attributes=attributes, status=status, **more))
    assert span == TraceSpan(
        TRACE,
        SPAN,
        "2" * 16,
        "decide",
        "svc",
        "consumer",
        10,
        20,
        {"text": "t", "whole": 42, "part": 0.5, "truth": True, "several": '{"values": []}'},
        ((TRACE, "1" * 16),),
        "TIMEOUT",
    )
    assert span.text("whole") == "42"
    assert span.text("none") == ""


def test_a_number_too_large_for_any_is_left_out() -> None:
    large = {"key": "part", "value": {"doubleValue": 10**400}}
    assert one(told(attributes=[large, {"key": "whole", "value": {"intValue": "42"}}])).attributes == {"whole": 42}


def test_the_bare_form_and_answers_in_a_row_are_read_too() -> None:
    groups = json.loads(answer(told()))["result"]
    assert len(read_trace(json.dumps(groups).encode(), TRACE)) == 1
    other = told(spanId="3" * 16)
    assert len(read_trace(answer(told()) + b"\n" + answer(other), TRACE)) == 2
    assert read_trace(b'{"result": {}}', TRACE) == []
    assert read_trace(b"", TRACE) == []


def test_ids_of_plain_protobuf_are_read() -> None:
    ids = {
        "traceId": base64.b64encode(bytes.fromhex(TRACE)).decode(),
        "spanId": base64.b64encode(b"12345678").decode(),
    }
    assert one(told(**ids)).span_id == b"12345678".hex()


def test_enums_may_be_words() -> None:
    span = one(told(kind="SPAN_KIND_SERVER", status={"code": "STATUS_CODE_ERROR"}))
    assert (span.kind, span.error) == ("server", "error")
    assert one(told(status={"code": 1})).error == ""


def test_a_span_twice_is_one_and_what_was_done_stays() -> None:
    made_up = {"key": "sluice.synthesised", "value": {"boolValue": True}}
    done, other = told(name="done"), told(name="made up", attributes=[made_up])
    assert one(done, done).name == "done"
    assert one(done, other).name == one(other, done).name == "done"


def test_spans_of_other_traces_are_left_out() -> None:
    assert read_trace(answer(told(traceId="1" * 32)), TRACE) == []


@pytest.mark.parametrize(
    "span",
    [
        None,
        "text",
        [],
        {},
        told(traceId=None),
        told(traceId=TRACE[:-1]),
        told(spanId="0" * 16),
        told(spanId="zz" * 8),
        told(spanId=["a"]),
        told(startTimeUnixNano=None),
        told(startTimeUnixNano="-1"),
        told(startTimeUnixNano="9" * 19 + "9"),
        told(startTimeUnixNano=str(2**64)),
        told(startTimeUnixNano=1.5),
        told(startTimeUnixNano=True),
    ],
)
def test_what_is_no_span_is_left_out(span: object) -> None:
    assert one(span, told(spanId="9" * 16)).span_id == "9" * 16


@pytest.mark.parametrize(
    "more",
    [
        {"endTimeUnixNano": "5"},
        {"endTimeUnixNano": "none"},
        {"endTimeUnixNano": None},
    ],
)
def test_a_span_never_ends_before_it_begins(more: dict[str, object]) -> None:
    span = one(told(**more))
    assert (span.start_ns, span.end_ns) == (10, 10)


@pytest.mark.parametrize(
    "more",
    [
        {"attributes": "x", "links": {"a": 1}, "status": [], "kind": 99, "name": None},
        {"attributes": [1, {"key": "a"}, {"value": {"stringValue": "b"}}], "links": [None, {"traceId": "x"}]},
        {
            "attributes": [{"key": "a", "value": {"intValue": "many"}}],
            "kind": "SPAN_KIND_NONE",
            "status": {"code": {}},
        },
        {"kind": {}, "status": {"code": []}, "name": {"a": [1]}, "parentSpanId": 7},
        {"kind": -1, "attributes": [{"key": "a", "value": {"stringValue": "b", "intValue": 1}}]},
    ],
)
def test_what_is_malformed_within_a_span_is_left_out(more: dict[str, object]) -> None:
    span = one(told(**more))
    assert (span.kind, span.error, span.links, span.parent) == ("", "", (), "")
    assert span.attributes.keys() <= {"a"}


def test_long_texts_are_cut() -> None:
    span = one(told(name="n" * 10_000, attributes=[{"key": "k" * 5_000, "value": {"stringValue": "v" * 5_000}}]))
    ((key, value),) = span.attributes.items()
    assert len(span.name) == len(key) == len(str(value)) == LONGEST + 1


def test_there_is_a_most_of_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_spans, "MOST_SPANS", 5)
    spans = [told(spanId=f"{number:016x}") for number in range(1, 20)]
    assert len(read_trace(answer(*spans), TRACE)) == 5


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html>",
        b"\xff\xfe",
        b"[]",
        b"7",
        b'{"result": []}',
        b'{"result": {"resourceSpans": {}}}',
        b'{"resourceSpans": [',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
    ],
)
def test_another_form_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableTraceError):
        read_trace(body, TRACE)


@pytest.mark.parametrize(
    "group", [None, 1, "a", [], {"resource": 1, "scopeSpans": 2}, {"scopeSpans": [3, {"spans": 4}]}]
)
def test_groups_of_another_form_hold_no_spans(group: object) -> None:
    assert read_trace(json.dumps({"resourceSpans": [group]}).encode(), TRACE) == []
