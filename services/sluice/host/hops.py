"""Tells the hop of each record that a worker is done with, and makes it the parent of what the record caused.

Only what is told is made a parent: where a trace is not sampled, or nobody is told, records carry on the context that
they came with, so that no span names a parent that does not exist. Dead letters are told in any case.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from dataclasses import replace
from typing import Final

from sluice.bus.record import Outgoing, Record
from sluice.ids import parse_request_id
from sluice.telemetry.attributes import ERROR_KIND
from sluice.telemetry.hops import Hop, Place, hop_of, hop_span, send_span
from sluice.telemetry.spans import NoSpans, Spans, Value
from sluice.telemetry.trace_context import TraceContext, headers_of, of_request, parse, surely_unsampled

DONE: Final = "done"
NOTHING: Final = "nothing"
DEAD_LETTER: Final = "dead_letter"
_NO_REQUEST: Final = ("MALFORMED", "INVALID_REQUEST_ID")
"""Reasons of dead letters of which no request is known: the key is what a stranger wrote, whatever it looks like."""

_IN_HAND: ContextVar[Hop] = ContextVar("sluice_hop")


def hop_in_hand() -> Hop:
    """The hop of the record that this handler works; outside of one, a hop that nobody reads."""
    return _IN_HAND.get(None) or Hop(None)


class Handling:
    """One record, from taken in hand to done. As a context manager: its handler runs, once for each attempt."""

    __slots__ = (
        "_above",
        "_attempts",
        "_attributes",
        "_begun",
        "_group",
        "_hop",
        "_parent",
        "_record",
        "_spans",
        "_token",
    )

    def __init__(self, record: Record, group: str, spans: Spans, attributes: Mapping[str, Value]) -> None:
        self._record = record
        self._group = group
        self._spans = spans
        self._attributes = attributes
        self._begun = time.time_ns()
        self._attempts = 0
        self._parent: TraceContext | None = None
        self._above = ""
        self._hop: Hop | None = None
        self._token: Token[Hop] | None = None
        # Most records of a busy service are not sampled: those cost a look at their headers and no more.
        if spans.on and not surely_unsampled(record.headers):
            self._hop = Hop(None, place=self._place())
            found = parse(record.headers)
            if found is not None and found.sampled:
                self._follow(found, found.span_id)

    def __enter__(self) -> "Handling":
        self._attempts += 1
        if self._hop is not None:
            self._hop.attributes.clear()
            self._hop.error = ""
            self._token = _IN_HAND.set(self._hop)
        return self

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _IN_HAND.reset(self._token)
            self._token = None

    def caused(self, outgoing: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """What the handler gave, with the hop as the parent of what carries on its trace.

        Of a record that came without context, the first that it caused says which trace that is. What a handler gave
        a context of its own, keeps that.
        """
        if self._hop is None:
            return outgoing
        if not self._above and outgoing:
            root = parse(outgoing[0].headers)
            if root is not None and root.sampled:
                self._follow(root, root.span_id)
        parent = self._parent
        if parent is None or self._hop.context is None:
            return outgoing
        headers = headers_of(self._hop.context)
        return [replace(one, headers=headers) if parse(one.headers) == parent else one for one in outgoing]

    def buried(self, letter: Outgoing) -> Outgoing:
        """The dead letter, with the hop as its parent: of the record's trace, else of one of its own."""
        if not self._spans.on:
            return letter
        found = parse(self._record.headers)
        own = self._follow(found or _own_trace(self._record), found.span_id if found else "")
        return replace(letter, headers=headers_of(own))

    def sent(self, outgoing: Sequence[Outgoing], begun_ns: int) -> None:
        """The broker has what the record caused: told below the hop, for a slow broker is not slow work."""
        hop = None if self._hop is None else self._hop.context
        if hop is None or not outgoing:
            return
        times = (begun_ns, time.time_ns())
        self._spans.emit(send_span(hop, outgoing[0].topic, times, len(outgoing)))

    def tell(self, outcome: str, error: str = "") -> None:
        """The record is done with. `error`: the kind of what went wrong."""
        hop = self._hop
        if hop is None or hop.context is None:
            return
        told: dict[str, Value] = {"sluice.outcome": outcome, **self._attributes, **hop.attributes}
        request_id = parse_request_id(self._record.key.decode(errors="replace"))
        if request_id is not None and error not in _NO_REQUEST:
            # A stranger's key may be anything; a handler that has read the request knows better.
            told.setdefault("sluice.request_id", request_id)
        if self._attempts > 1:
            told["sluice.attempts"] = self._attempts
        times = (self._begun, time.time_ns())
        wrong = error or hop.error
        if wrong and not ERROR_KIND.fullmatch(wrong):
            # The name of somebody's class can be anything; a record must not end its worker for that.
            wrong = "OTHER"
        self._spans.emit(hop_span(hop.context, self._above, self._place(), times, told, wrong))

    def seconds(self) -> float:
        """Since it was taken in hand."""
        return (time.time_ns() - self._begun) / 1e9

    def trace(self) -> TraceContext | None:
        """Where the record belongs, for lines of the log: its hop where that is told, else the trace alone, with no
        span id; None where nobody knows."""
        if self._hop is not None and self._hop.context is not None:
            return self._hop.context
        found = parse(self._record.headers)
        if found is None:
            request_id = parse_request_id(self._record.key.decode(errors="replace"))
            if request_id is None:
                return None
            found = of_request(request_id)
        return replace(found, span_id="")

    def _place(self) -> Place:
        return Place(self._group, self._record.topic, self._record.partition, self._record.offset)

    def _follow(self, parent: TraceContext, above: str) -> TraceContext:
        """The hop is below `parent`, which is told as `above`."""
        own = hop_of(parent, self._place())
        self._parent = parent
        self._above = above
        self._hop = self._hop or Hop(None)
        self._hop.context = own
        return own


class Hops:
    """Tells what a consumer group does. `attributes`: what is the same in each of its hops."""

    def __init__(
        self, group: str = "", spans: Spans | None = None, attributes: Mapping[str, Value] | None = None
    ) -> None:
        self._group = group
        self._spans = spans or NoSpans()
        self._attributes = attributes or {}

    def begin(self, record: Record) -> Handling:
        """The record is taken in hand."""
        return Handling(record, self._group, self._spans, self._attributes)


def _own_trace(record: Record) -> TraceContext:
    """Of a record that came without context and goes no further: its request's, by the key, else one of its place."""
    request_id = parse_request_id(record.key.decode(errors="replace"))
    if request_id is not None:
        return of_request(request_id, sampled=False)
    digest = hashlib.sha256(f"{record.topic} {record.partition} {record.offset}".encode()).hexdigest()
    return TraceContext(digest[:32], digest[32:48], sampled=False)
