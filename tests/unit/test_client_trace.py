"""Which trace a generation belongs to."""

import pytest
from opentelemetry import context, trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState, set_span_in_context

from sluice.client.trace import trace_of
from sluice.telemetry.trace_context import TraceContext
from tests.unit.client_talks import REQUEST_ID

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
GIVEN = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", True)


def test_what_the_caller_gives_is_passed_on() -> None:
    assert trace_of(REQUEST_ID, PARENT, 0.0) == GIVEN


@pytest.mark.parametrize("given", ["", "00-x", PARENT.replace("4bf9", "4BF9"), f"{PARENT} secret"])
def test_what_is_none_is_refused_and_not_repeated(given: str) -> None:
    with pytest.raises(ValueError, match="TRACE_ID") as caught:
        trace_of(REQUEST_ID, given, 1.0)
    assert "secret" not in str(caught.value)


def test_without_one_the_current_span_of_opentelemetry_is_the_parent() -> None:
    state = TraceState([("vendor", "value")])
    span = SpanContext(0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7, False, TraceFlags(1), state)
    token = context.attach(set_span_in_context(NonRecordingSpan(span)))
    try:
        assert trace.get_current_span().get_span_context().is_valid
        found = trace_of(REQUEST_ID, None, 0.0)
    finally:
        context.detach(token)
    assert found == TraceContext(GIVEN.trace_id, GIVEN.span_id, True, "vendor=value")


def test_without_any_the_trace_has_the_request_s_id_and_is_told_in_the_part_that_is_asked_for() -> None:
    assert trace_of(REQUEST_ID, None, 1.0).trace_id == REQUEST_ID.replace("-", "")
    assert trace_of(REQUEST_ID, None, 1.0).sampled
    assert not trace_of(REQUEST_ID, None, 0.0).sampled
