"""The one list of what logs, metrics and spans may carry: ids, digests, counts, durations, names of ours.

Never text, pixels, or account ids. Whoever adds a name here answers for that.
"""

import re
from typing import Final

ALLOWED: Final = frozenset(
    {
        "action", "address", "attempt", "bank", "bytes", "call", "category", "check", "code", "complete",
        "content_id", "count", "detail", "digest", "duration_ms", "error", "exit_code", "group", "incident_id",
        "key", "kind", "lane", "live", "metadata", "method", "model", "offset", "outcome", "partition",
        "partitions", "phase", "pid", "policy", "reason", "request_id", "route", "rule", "seconds", "service",
        "shadow", "span_id", "stage", "state", "status", "topic", "trace_id", "variable", "version",
    }
)  # fmt: skip
"""Names of attributes. `detail` and `error` hold words of ours (error kinds, limits), never a message's content."""

LABELS: Final = ALLOWED - {
    "content_id", "detail", "duration_ms", "incident_id", "offset", "pid", "request_id", "seconds", "service",
    "span_id", "trace_id",
}  # fmt: skip
"""Names of labels of metrics: a label has few values, and every metric has `service` already."""

TRACE_HEADERS: Final = ("traceparent", "tracestate")
"""W3C trace context headers: https://www.w3.org/TR/trace-context/. Passed on from record to record."""

SPAN_ATTRIBUTES: Final = frozenset(
    {
        "error.type",
        "http.request.method", "http.response.status_code", "http.route",
        "messaging.batch.message_count", "messaging.consumer.group.name", "messaging.destination.name",
        "messaging.destination.partition.id", "messaging.kafka.offset", "messaging.message.body.size",
        "messaging.operation.name", "messaging.operation.type", "messaging.system",
        "rpc.grpc.status_code", "rpc.method", "rpc.service", "rpc.system",
        "sluice.action", "sluice.attempts", "sluice.batch.size", "sluice.bytes", "sluice.check", "sluice.complete",
        "sluice.content_id", "sluice.contents", "sluice.format", "sluice.key_kind", "sluice.lane", "sluice.model",
        "sluice.models", "sluice.operation", "sluice.outcome", "sluice.policy_digest", "sluice.policy_version",
        "sluice.reason", "sluice.request_id", "sluice.rule", "sluice.stage", "sluice.status", "sluice.synthesised",
    }
)  # fmt: skip
"""Names of attributes of spans: https://opentelemetry.io/docs/specs/semconv/ where they say one, else ours with
`sluice.` before it. Values are ids, counts and words of ours: never text, pixels, account ids, tenants."""

ERROR_KIND: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
"""A span's error: the name of a reason, a status or a class."""
