"""The context of a request whose sender brought none."""

from sluice.telemetry.trace_context import Headers, headers_of, of_request, sampled_by_ratio


def root_trace(request_id: str, ratio: float = 1.0) -> Headers:
    """The `traceparent` header of a request's root. `request_id`: a UUID in canonical form. `ratio`: the part of such
    requests that is traced."""
    root = of_request(request_id)
    return headers_of(of_request(request_id, sampled_by_ratio(root.trace_id, ratio)))
