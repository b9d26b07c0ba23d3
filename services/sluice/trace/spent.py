"""Where the time of a trace went, along its critical path."""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.trace.tree import Row, Tree


@dataclass(frozen=True, slots=True)
class Spent:
    """A part of the time. `what`: for people."""

    what: str
    ns: int


def spent(tree: Tree) -> list[Spent]:
    """The waits before the spans on the critical path, and these spans without what is below them; longest first."""
    critical = [row for row in tree.rows if row.critical]
    below: dict[str, list[Row]] = {}
    for row in critical:
        below.setdefault(row.span.parent, []).append(row)
    parts = [Spent(waited(row), row.gap.length_ns) for row in critical if row.gap]
    for row in critical:
        own = row.span.end_ns - row.span.start_ns - _covered(row, below.get(row.span.span_id, []))
        parts.append(Spent(f"{row.span.service} {row.span.name}".strip(), own))
    return sorted((part for part in parts if part.ns > 0), key=lambda part: -part.ns)


def waited(row: Row) -> str:
    """What a gap is called."""
    where = row.gap.where if row.gap else ""
    return f"waited in {where}" if where else f"waited for {row.span.service} {row.span.name}".rstrip()


def _covered(row: Row, below: Sequence[Row]) -> int:
    """How much of the span its critical children take; one after the other, they never overlap."""
    span = row.span
    return sum(max(0, min(each.span.end_ns, span.end_ns) - max(each.span.start_ns, span.start_ns)) for each in below)
