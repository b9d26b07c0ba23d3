"""Spans as OTLP/JSON, in the form that Jaeger answers."""

import json

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status, TracesData

from sluice.local.otlp_json import otlp_json

TRACE, ONE, TWO = bytes(range(1, 17)), bytes(range(1, 9)), bytes(range(2, 10))


def test_ids_are_hex_enums_are_numbers_and_long_numbers_texts() -> None:
    span = Span(
        trace_id=TRACE,
        span_id=ONE,
        parent_span_id=TWO,
        name="naïve",
        kind=Span.SPAN_KIND_CONSUMER,
        start_time_unix_nano=2**60,
        end_time_unix_nano=2**60 + 1,
        attributes=[KeyValue(key="n", value=AnyValue(int_value=7))],
        links=[Span.Link(trace_id=TRACE, span_id=TWO)],
        status=Status(code=Status.STATUS_CODE_ERROR, message="TIMEOUT"),
    )
    traces = TracesData(resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=[span])])])
    assert json.loads(otlp_json(traces)) == {
        "result": {
            "resourceSpans": [
                {
                    "scopeSpans": [
                        {
                            "spans": [
                                {
                                    "traceId": TRACE.hex(),
                                    "spanId": ONE.hex(),
                                    "parentSpanId": TWO.hex(),
                                    "name": "naïve",
                                    "kind": 5,
                                    "startTimeUnixNano": str(2**60),
                                    "endTimeUnixNano": str(2**60 + 1),
                                    "attributes": [{"key": "n", "value": {"intValue": "7"}}],
                                    "links": [{"traceId": TRACE.hex(), "spanId": TWO.hex()}],
                                    "status": {"code": 2, "message": "TIMEOUT"},
                                }
                            ]
                        }
                    ]
                }
            ]
        }
    }


def test_nothing_is_an_answer_too() -> None:
    assert json.loads(otlp_json(TracesData())) == {"result": {}}
