"""Tells how long a part of a handler's work took: a span below the hop of the record in hand.

Nothing is told where the hop is not, nor outside of a hop.
"""

import time
from collections.abc import Mapping
from types import TracebackType

from sluice.host.hops import hop_in_hand
from sluice.telemetry.attributes import ERROR_KIND
from sluice.telemetry.spans import Kind, Span, Spans, Value
from sluice.telemetry.trace_context import TraceContext, child


class Step:
    """One part of the work, as a context manager; entering gives the attributes, to which the work may add.

    `what`: tells it from others of the same name below the same hop. An error that leaves it is told by its class.
    """

    __slots__ = ("_attributes", "_begun", "_hop", "_name", "_spans", "_what")

    def __init__(
        self, spans: Spans, name: str, what: str = "", attributes: Mapping[str, Value] | None = None
    ) -> None:
        self._spans = spans
        self._name = name
        self._what = what
        self._attributes = dict(attributes or {})
        self._hop: TraceContext | None = None
        self._begun = 0

    def __enter__(self) -> dict[str, Value]:
        self._hop = hop_in_hand().context
        self._begun = time.time_ns()
        return self._attributes

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        hop = self._hop
        if hop is None:
            return
        wrong = "" if kind is None else kind.__name__ if ERROR_KIND.fullmatch(kind.__name__) else "OTHER"
        own = child(hop, self._name, self._what) if self._what else child(hop, self._name)
        times = (self._begun, time.time_ns())
        self._spans.emit(Span(self._name, own, hop.span_id, Kind.INTERNAL, *times, self._attributes, error=wrong))
