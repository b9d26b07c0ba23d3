"""Tells, below the hop or the call that an item belongs to, how long it waited and which batch answered it.

A batch has many parents. It is one span below the first item that is told, with a link to the hop of every other; in
the trace of each of those it has a span of its own, with a link to the first. So one trace shows all that happened to
one request, and a link leads to its company.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sluice.check import Check, Result, Status
from sluice.telemetry.spans import Kind, Span, Spans, Value
from sluice.telemetry.trace_context import TraceContext, child

_OURS: Final = re.compile(r"c[0-9]{1,4}(\.[0-9]{1,4})?")
"""Ids of contents that ingest gave; a caller of the gRPC door may write anything there."""
_FAILED: Final = (Status.ERROR, Status.TIMEOUT)


@dataclass(frozen=True, slots=True)
class Waited:
    """An item with a trace, on its way through the queue. `above`: the hop or the call that it belongs to."""

    above: TraceContext
    content_id: str
    queued_ns: int


class BatchSpans:
    """Tells of one check's batches."""

    def __init__(self, check: Check, spans: Spans) -> None:
        self._check = check
        self._spans = spans

    def waited(self, item: Waited, until_ns: int, error: str = "") -> None:
        """It left the queue: for a batch, or with `error` because nobody waited any more."""
        context = child(item.above, "wait", item.content_id)
        told = content_attributes(item.content_id) | {"sluice.check": self._check.name}
        above = item.above.span_id
        self._spans.emit(Span("wait", context, above, Kind.INTERNAL, item.queued_ns, until_ns, told, error=error))

    def answered(self, items: Sequence[tuple[Waited, Result | None]], size: int, times_ns: tuple[int, int]) -> None:
        """A batch of `size`, of which `items` are told, in the order they were taken; their results, None where
        nobody waited for it any more. `times_ns`: taken, answered."""
        told: dict[str, Value] = {
            "sluice.check": self._check.name,
            "sluice.batch.size": size,
            "sluice.models": ",".join(model.name for model in self._check.models()),
        }
        # Several contents of one request may be in one batch: that is one span of it.
        hops: dict[str, list[tuple[Waited, Result | None]]] = {}
        for item, result in items:
            hops.setdefault(item.above.span_id, []).append((item, result))
        first: TraceContext | None = None
        for of_hop in hops.values():
            item = of_hop[0][0]
            context = child(item.above, "batch", item.content_id)
            links = (first,) if first else tuple(other[0][0].above for other in hops.values() if other is not of_hop)
            first = first or context
            self._spans.emit(
                Span(
                    "batch",
                    context,
                    item.above.span_id,
                    Kind.INTERNAL,
                    *times_ns,
                    told,
                    links,
                    worst_of([result for _, result in of_hop if result]),
                )
            )


def content_attributes(content_id: str) -> dict[str, Value]:
    """The id of a content, where it is one of ours."""
    return {"sluice.content_id": content_id} if _OURS.fullmatch(content_id) else {}


def worst_of(results: Sequence[Result]) -> str:
    """What went wrong with some of them, as a span's error: ERROR before TIMEOUT; empty where nothing did."""
    found = {result.status for result in results}
    return next((status.name for status in _FAILED if status in found), "")
