"""A trace as JSON. Keys may be added, never renamed or taken away; docs/operations.md says what they mean."""

from collections.abc import Sequence

from sluice.trace.span import TraceSpan
from sluice.trace.spent import spent
from sluice.trace.tree import Row, Tree

_MS = 1_000_000


def trace_form(tree: Tree, request_id: str, trace_id: str, source: str, where: str) -> dict[str, object]:
    """The whole trace; times in milliseconds, `start_ms` from the trace's beginning on."""
    decision = tree.decision
    return {
        "request_id": request_id or None,
        "trace_id": trace_id,
        "source": source,
        "where": where,
        "begin_unix_ns": tree.begin_ns,
        "total_ms": _ms(tree.end_ns - tree.begin_ns),
        "decided": decision is not None,
        "decided_after_ms": None if decision is None else _ms(decision.end_ns - tree.begin_ns),
        "action": (decision.text("sluice.action") or None) if decision else None,
        "complete": decision.attributes.get("sluice.complete") if decision else None,
        "critical_path": [row.span.span_id for row in in_time(tree.rows) if row.critical],
        "time_spent": [{"what": part.what, "ms": _ms(part.ns)} for part in spent(tree)],
        "spans": [_row(row, tree.begin_ns) for row in tree.rows],
    }


def in_time(rows: Sequence[Row]) -> list[Row]:
    """The rows by when they began."""
    return sorted(rows, key=lambda row: (row.span.start_ns, row.depth))


def _row(row: Row, begin_ns: int) -> dict[str, object]:
    span = row.span
    return {
        "span_id": span.span_id,
        "parent": span.parent or None,
        "depth": row.depth,
        "service": span.service,
        "name": span.name,
        "kind": span.kind or None,
        "start_ms": _ms(span.start_ns - begin_ns),
        "duration_ms": _ms(span.end_ns - span.start_ns),
        "waited_ms": _ms(row.gap.length_ns) if row.gap else 0.0,
        "waited_in": (row.gap.where or None) if row.gap else None,
        "critical": row.critical,
        "error": span.error or None,
        "loose": row.loose or None,
        "early_ms": _ms(row.early_ns),
        "synthesised": span.synthesised,
        "joins": [_joined(each) for each in row.joins],
        "links": [{"trace_id": trace_id, "span_id": span_id} for trace_id, span_id in span.links],
        "attributes": dict(span.attributes),
    }


def _joined(span: TraceSpan) -> dict[str, str]:
    return {"span_id": span.span_id, "service": span.service, "name": span.name}


def _ms(ns: int) -> float:
    return round(ns / _MS, 6)
