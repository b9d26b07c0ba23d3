"""Which trace a generation belongs to: the caller's, or one of its own whose id is the prompt's request id."""

from opentelemetry.trace import get_current_span

from sluice.telemetry.trace_context import PARENT, TraceContext, parse
from sluice.telemetry.tracing import root_context


def trace_of(request_id: str, traceparent: str | None, sample: float) -> TraceContext:
    """`traceparent`: as the caller gives it; else the current span of OpenTelemetry's API; else a new trace, of which
    the part `sample` (0..1) is told. Raises ValueError where what was given is none."""
    if traceparent is not None:
        found = parse([(PARENT, traceparent)])
        if found is None:
            raise ValueError("traceparent should be as W3C trace context has it: 00-TRACE_ID-SPAN_ID-01")
        return found
    span = get_current_span().get_span_context()
    if not span.is_valid:
        return root_context(request_id, sample)
    trace_id, span_id = f"{span.trace_id:032x}", f"{span.span_id:016x}"
    return TraceContext(trace_id, span_id, span.trace_flags.sampled, span.trace_state.to_header())
