"""The tree of a trace: what caused what, what was waited for, and which way the time went.

A span's causes are its parent and, where it joins others, the spans of the same trace that it links to. Whatever a
backend hands out makes a tree: spans whose parent is not there, circles, and clocks that differ are told, not hidden.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sluice.trace.path import critical_path
from sluice.trace.span import TraceSpan

Loose = Literal["", "parent missing", "circle"]
"""Why a span that has a parent stands at the left."""

DECIDE: Final = "decide"
"""Name of the span of a decision."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing that is told happened between a span's last cause and the span. `where`: a topic, or empty."""

    start_ns: int
    length_ns: int
    where: str


@dataclass(frozen=True, slots=True)
class Row:
    """A span in its place. `last`: of its parent's children; `early_ns`: by how much it begins before its parent,
    which clocks that differ do; `joins`: spans of this trace that it links to, but its parent; `far`: how many
    links lead elsewhere; `critical`: on the critical path; `inside`: its parent is a span of the same service.
    """

    span: TraceSpan
    depth: int
    last: bool
    loose: Loose
    gap: Gap | None
    early_ns: int
    joins: tuple[TraceSpan, ...]
    far: int
    critical: bool
    inside: bool


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole trace, rows in the order of the tree. `begin_ns`: the start of its first root, which is time zero;
    `end_ns`: the last end of all. `decision`: the span of the request's decision.
    """

    rows: tuple[Row, ...]
    begin_ns: int
    end_ns: int
    decision: TraceSpan | None

    @property
    def whole(self) -> bool:
        """Whether the decision is there, and every span that it says it rests on."""
        if self.decision is None:
            return False
        known = {(row.span.trace_id, row.span.span_id) for row in self.rows}
        ours = [link for link in self.decision.links if link[0] == self.decision.trace_id]
        return all(link in known for link in ours)


def build_tree(spans: Sequence[TraceSpan], request_id: str = "") -> Tree:
    """The tree of at least one span. `request_id`: whose decision is meant, where a trace has several requests."""
    by_id = {span.span_id: span for span in spans}
    causes = {span.span_id: _joins(span, by_id) for span in by_id.values()}
    children: dict[str, list[TraceSpan]] = {}
    for span in sorted(by_id.values(), key=_order):
        if span.parent in by_id:
            children.setdefault(span.parent, []).append(span)
    placed = _placed(by_id, children)
    decision = _decision(spans, request_id)
    critical = critical_path(by_id, children, causes, decision)
    rows = tuple(
        Row(
            span,
            depth,
            last,
            loose,
            _gap(span, by_id.get(span.parent), causes[span.span_id]),
            _early(span, by_id.get(span.parent)),
            causes[span.span_id],
            sum(link[0] != span.trace_id or link[1] not in by_id for link in span.links),
            span.span_id in critical,
            span.parent in by_id and by_id[span.parent].service == span.service,
        )
        for span, depth, last, loose in placed
    )
    return Tree(rows, rows[0].span.start_ns, max(span.end_ns for span in spans), decision)


def _order(span: TraceSpan) -> tuple[int, int, str, str]:
    return span.start_ns, span.end_ns, span.name, span.span_id


def _joins(span: TraceSpan, by_id: Mapping[str, TraceSpan]) -> tuple[TraceSpan, ...]:
    linked = {link[1]: None for link in span.links if link[0] == span.trace_id}
    return tuple(by_id[each] for each in linked if each in by_id and each not in (span.parent, span.span_id))


def _placed(
    by_id: Mapping[str, TraceSpan], children: Mapping[str, Sequence[TraceSpan]]
) -> list[tuple[TraceSpan, int, bool, Loose]]:
    """Every span once, parents before their children, with depth and place."""
    spans = sorted(by_id.values(), key=_order)
    placed: list[tuple[TraceSpan, int, bool, Loose]] = []
    seen: set[str] = set()

    def place(root: TraceSpan, loose: Loose) -> None:
        # Not by recursion: a chain may be as long as a stranger likes.
        waiting: list[tuple[TraceSpan, int, bool, Loose]] = [(root, 0, True, loose)]
        while waiting:
            span, depth, last, why = waiting.pop()
            if span.span_id in seen:
                continue
            seen.add(span.span_id)
            placed.append((span, depth, last, why))
            below = children.get(span.span_id, ())
            # The stack hands out the last one first.
            waiting += [(child, depth + 1, child is below[-1], "") for child in reversed(below)]

    for span in spans:
        if not span.parent:
            place(span, "")
    for span in spans:
        if span.parent and span.parent not in by_id:
            place(span, "parent missing")
    for span in spans:
        # What no root leads to goes in circles: it is entered where it begins.
        if span.span_id not in seen:
            place(span, "circle")
    return placed


def _decision(spans: Sequence[TraceSpan], request_id: str) -> TraceSpan | None:
    found = [span for span in spans if span.name == DECIDE]
    ours = [span for span in found if span.text("sluice.request_id") == request_id] or found
    return max(ours, key=lambda span: (span.end_ns, span.span_id)) if ours else None


def _gap(span: TraceSpan, parent: TraceSpan | None, joins: Sequence[TraceSpan]) -> Gap | None:
    if parent is not None and parent.end_ns > span.start_ns:
        # It is a part of what its parent did.
        return None
    causes = [cause for cause in (parent, *joins) if cause is not None]
    ended = [cause.end_ns for cause in causes if cause.end_ns <= span.start_ns]
    if not ended or max(ended) == span.start_ns:
        return None
    return Gap(max(ended), span.start_ns - max(ended), span.text("messaging.destination.name"))


def _early(span: TraceSpan, parent: TraceSpan | None) -> int:
    return max(0, parent.start_ns - span.start_ns) if parent is not None else 0
