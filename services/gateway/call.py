"""One HTTP call, as the routes know it: its id, and its span in the trace of each request that it asks about."""

import secrets
import time
from dataclasses import dataclass, field, replace
from typing import Final

from starlette.requests import Request
from starlette.types import Scope as AsgiScope

from sluice.host.room import Room
from sluice.telemetry.spans import Kind, Span, Spans, Value
from sluice.telemetry.trace_context import TraceContext
from sluice.telemetry.tracing import root_context

_KEY: Final = "sluice.call"


@dataclass(slots=True)
class _Told:
    """A span of the call that is told when it is over."""

    context: TraceContext
    parent: str
    request_id: str


@dataclass(slots=True)
class Call:
    """`id`: what the answer's `x-request-id` says: that of the first request that was asked about, else a fresh one.

    `above`: the trace context that the caller brought, under which the call has one span. Without it there is a span
    for each request, in that request's own trace. `sample`: the part of such requests that is traced.
    `room`: where the call is in hand.
    """

    id: str
    above: TraceContext | None
    spans: Spans
    room: Room
    sample: float = 1.0
    size: int = 0
    """Bytes that it has in hand."""
    begun_ns: int = field(default_factory=time.time_ns)
    _told: list[_Told] = field(default_factory=list)
    _named: bool = False

    def about(self, request_id: str) -> TraceContext | None:
        """The call asks about this request (a UUID in canonical form); the first one gives the call its name.

        Returns the context that what is asked should carry on; None for none.
        """
        if not self._named:
            self.id, self._named = request_id, True
        if self.above is not None:
            return self._below(self.above)
        if not self.spans.on:
            return None
        root = root_context(request_id, self.sample)
        if not root.sampled:
            return root
        return self._tell(root, "", request_id)

    def grow(self, size: int) -> None:
        """It turned out to carry `size` more bytes. OverloadedError where there is no room for them."""
        self.room.grow(size)
        self.size += size

    def trace(self) -> TraceContext | None:
        """Where the call belongs, for lines of the log."""
        if self._told:
            return self._told[0].context
        return None if self.above is None else replace(self.above, span_id="")

    def end(self, method: str, route: str, status: int) -> None:
        """The call is over; its spans are told. `route`: as "POST /v1/moderations". `status`: 0 for no answer."""
        if self.above is not None:
            self._below(self.above)
        about: dict[str, Value] = {"http.request.method": method, "http.route": route.rpartition(" ")[2]}
        if status:
            about["http.response.status_code"] = status
        wrong = "" if 0 < status < 500 else f"HTTP_{status}"
        times = (self.begun_ns, time.time_ns())
        for told in self._told:
            more: dict[str, Value] = {"sluice.request_id": told.request_id} if told.request_id else {}
            self.spans.emit(Span(route, told.context, told.parent, Kind.SERVER, *times, about | more, error=wrong))

    def _below(self, above: TraceContext) -> TraceContext:
        """The call's one span below what the caller brought; that itself where it is not told."""
        if not (self.spans.on and above.sampled):
            return above
        return (
            self._told[0].context if self._told else self._tell(above, above.span_id, self.id if self._named else "")
        )

    def _tell(self, above: TraceContext, parent: str, request_id: str) -> TraceContext:
        # A call is made once, so its span's id need not be found again.
        own = TraceContext(above.trace_id, secrets.token_hex(8), sampled=True, state=above.state)
        self._told.append(_Told(own, parent, request_id))
        return own


def put_call(scope: AsgiScope, call: Call) -> None:
    """Notes it where routes find it."""
    scope[_KEY] = call


def call_of(request: Request) -> Call:
    """The call that a route answers."""
    found: Call = request.scope[_KEY]
    return found
