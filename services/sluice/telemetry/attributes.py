"""The one list of what logs, metrics and spans may carry: ids, digests, counts, durations, names of ours.

Never text, pixels, or account ids. Whoever adds a name here answers for that.
"""

from typing import Final

ALLOWED: Final = frozenset(
    {
        "action", "address", "attempt", "bank", "bytes", "category", "check", "code", "complete", "content_id",
        "count", "detail", "digest", "duration_ms", "error", "exit_code", "group", "key", "kind", "lane", "live",
        "metadata", "model", "offset", "outcome", "partition", "partitions", "pid", "policy", "reason",
        "request_id", "rule", "seconds", "service", "shadow", "stage", "status", "topic", "variable", "version",
    }
)  # fmt: skip
"""Names of attributes. `detail` and `error` hold words of ours (error kinds, limits), never a message's content."""

LABELS: Final = ALLOWED - {
    "content_id", "detail", "duration_ms", "offset", "pid", "reason", "request_id", "seconds", "service"
}  # fmt: skip
"""Names of labels of metrics: a label has few values, and every metric has `service` already."""

TRACE_HEADERS: Final = ("traceparent", "tracestate")
"""W3C trace context headers: https://www.w3.org/TR/trace-context/. Passed on from record to record."""
