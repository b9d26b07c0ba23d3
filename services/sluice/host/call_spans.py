"""A span for each gRPC call, below the caller's where the caller brought trace context.

A call without context belongs to the trace of the request that its message names; one that names none is not told.
"""

import secrets
import time
from collections.abc import Iterable
from contextvars import ContextVar, Token
from dataclasses import replace
from types import TracebackType
from typing import Final

import grpc

from sluice.ids import parse_request_id
from sluice.telemetry.in_hand import Working, work_on
from sluice.telemetry.spans import Kind, NoSpans, Span, Spans, Value
from sluice.telemetry.trace_context import TraceContext, parse
from sluice.telemetry.tracing import root_context

_OUR_FAULT: Final = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
"""Codes that make a server's span an error: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/."""

_CALLING: ContextVar[TraceContext | None] = ContextVar("sluice_calling")


def call_in_hand() -> TraceContext | None:
    """The context that what this call causes should carry on: the call's own span where it is told, else what the
    caller sent; None where there is none. Of a stream it is the stream's, not one request's."""
    return _CALLING.get(None)


class Call:
    """One call, as a context manager around its handler. `code`: how it ended, OK unless somebody says otherwise."""

    def __init__(self, method: str, above: TraceContext | None, request_id: str, spans: Spans, sample: float) -> None:
        self.code = grpc.StatusCode.OK
        self._service, _, self._method = method.lstrip("/").partition("/")
        self._request_id = request_id
        self._spans = spans
        self._parent = above.span_id if above else ""
        if above is None and request_id:
            above = root_context(request_id, sample) if spans.on else None
        self._told = spans.on and above is not None and above.sampled
        self._context = above
        if self._told and above is not None:
            # A call is made once, so its id need not be found again.
            self._context = TraceContext(above.trace_id, secrets.token_hex(8), sampled=True, state=above.state)
        self._begun = 0
        self._token: Token[TraceContext | None] | None = None
        self._working: Working | None = None

    def __enter__(self) -> "Call":
        self._begun = time.time_ns()
        self._token = _CALLING.set(self._context)
        self._working = work_on(self.trace)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _CALLING.reset(self._token)
        if self._working is not None:
            self._working.end()
        if kind is not None:
            # The caller hung up, or its deadline passed.
            self.code = grpc.StatusCode.CANCELLED
        if not self._told or self._context is None:
            return
        told: dict[str, Value] = {
            "rpc.system": "grpc",
            "rpc.service": self._service,
            "rpc.method": self._method,
            "rpc.grpc.status_code": self.code.value[0],
        }
        if self._request_id:
            told["sluice.request_id"] = self._request_id
        name = f"{self._service}/{self._method}"
        wrong = self.code.name if self.code in _OUR_FAULT else ""
        times = (self._begun, time.time_ns())
        self._spans.emit(Span(name, self._context, self._parent, Kind.SERVER, *times, told, error=wrong))

    def trace(self) -> TraceContext | None:
        """Where the call belongs, for lines of the log: its span where that is told, else the trace alone, with no
        span id; None where nobody knows."""
        if self._told:
            return self._context
        found = self._context or (root_context(self._request_id) if self._request_id else None)
        return None if found is None else replace(found, span_id="")


class CallSpans:
    """Tells of a process's calls. `sample`: the part of requests without context that is traced."""

    def __init__(self, spans: Spans | None = None, sample: float = 1.0) -> None:
        self._spans = spans or NoSpans()
        self._sample = sample

    def begin(self, method: str, metadata: Iterable[tuple[str, bytes | str]], asked: object) -> Call:
        """`method`: "/SERVICE/METHOD". `asked`: the call's message, or the iterator of a stream's."""
        return Call(method, parse(metadata), _request_id(asked), self._spans, self._sample)


def _request_id(asked: object) -> str:
    """Of the request that a message is about: its `request.id` or its own `request_id`; empty where it names none."""
    for holder, name in ((getattr(asked, "request", None), "id"), (asked, "request_id")):
        found = getattr(holder, name, None)
        if isinstance(found, str):
            return parse_request_id(found) or ""
    return ""
