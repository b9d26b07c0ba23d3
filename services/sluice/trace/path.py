"""The critical path of a trace: the chain of spans without which the end would have come sooner.

It is followed backwards from the end: within a span, over those of its children that ended last and one after the
other; before a span, to that one of its causes which ended last.
"""

from collections.abc import Mapping, Sequence

from sluice.trace.span import TraceSpan

Children = Mapping[str, Sequence[TraceSpan]]
"""By the parent's id."""


def critical_path(
    by_id: Mapping[str, TraceSpan],
    children: Children,
    joins: Mapping[str, Sequence[TraceSpan]],
    decision: TraceSpan | None,
) -> frozenset[str]:
    """Ids of the spans on it. It leads to the last end of what came out of the decision, or of all there is.

    `joins`: by id, the spans of this trace that one links to.
    """
    at: TraceSpan | None = max(_with_descendants(decision, by_id, children), key=lambda span: span.end_ns)
    path: set[str] = set()
    cutoff = at.end_ns if at else 0
    # The chain itself first: whoever is entered from within stays on it.
    while at is not None and at.span_id not in path:
        path.add(at.span_id)
        _within(at, cutoff, children, path)
        at, cutoff = _before(at, by_id, joins)
    return frozenset(path)


def _with_descendants(
    decision: TraceSpan | None, by_id: Mapping[str, TraceSpan], children: Children
) -> Sequence[TraceSpan]:
    if decision is None:
        return list(by_id.values())
    found = {decision.span_id: decision}
    waiting = [decision]
    while waiting:
        for child in children.get(waiting.pop().span_id, ()):
            if child.span_id not in found:
                found[child.span_id] = child
                waiting.append(child)
    return list(found.values())


def _before(
    span: TraceSpan, by_id: Mapping[str, TraceSpan], joins: Mapping[str, Sequence[TraceSpan]]
) -> tuple[TraceSpan | None, int]:
    """The cause that ended last before the span began, or else its parent as far as it had come by then.

    A span that joins others may have waited for them: one that ended before the span did counts as well.
    """
    parent = by_id.get(span.parent)
    causes = [cause for cause in (parent, *joins[span.span_id]) if cause is not None]
    ended = [cause for cause in causes if cause.end_ns <= (span.start_ns if cause is parent else span.end_ns)]
    if ended:
        last = max(ended, key=lambda cause: (cause.end_ns, cause.span_id))
        return last, last.end_ns
    return (parent or max(causes, key=lambda cause: cause.end_ns, default=None)), span.start_ns


def _within(span: TraceSpan, cutoff: int, children: Children, path: set[str]) -> None:
    """Adds those below `span` that kept it busy until `cutoff`, one after the other."""
    waiting = [(span, cutoff)]
    while waiting:
        above, until = waiting.pop()
        for child in sorted(children.get(above.span_id, ()), key=lambda each: each.end_ns, reverse=True):
            inside = child.start_ns >= above.start_ns and child.end_ns <= min(until, above.end_ns)
            if inside and child.span_id not in path:
                path.add(child.span_id)
                waiting.append((child, child.end_ns))
                until = child.start_ns
