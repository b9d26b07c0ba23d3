"""W3C trace context for a request whose sender brought none: the trace id is the request's id.

An SRE pastes the request id into the tracing UI. Format: https://www.w3.org/TR/trace-context/#traceparent-header
"""

import hashlib
import uuid
from collections.abc import Sequence

_SAMPLED = "01"


def root_trace(request_id: str) -> Sequence[tuple[str, bytes]]:
    """The `traceparent` header of a request's root. `request_id`: a UUID in canonical form."""
    trace = uuid.UUID(request_id).hex
    span = hashlib.sha256(request_id.encode()).hexdigest()[:16]
    return (("traceparent", f"00-{trace}-{span}-{_SAMPLED}".encode()),)
