"""The context of a request whose sender brought none."""

from sluice.telemetry.trace_context import TraceContext, of_request, sampled_by_ratio


def root_context(request_id: str, ratio: float = 1.0) -> TraceContext:
    """A request's root. `request_id`: a UUID in canonical form. `ratio`: the part of such requests that is traced."""
    root = of_request(request_id)
    return root if sampled_by_ratio(root.trace_id, ratio) else of_request(request_id, sampled=False)
