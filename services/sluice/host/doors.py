"""The gRPC door of every service: each method runs through here, so that whatever happens has a status code.

A handler returns, or raises an error of ours: a `RefusalError`, or one that `refusal_of` knows. A bug in one is
INTERNAL with its type and place, and a line in the log; never an answer, never an allow. gRPC cancels a handler when
its caller hangs up or the caller's deadline passes; streams are closed then and there, not when memory is swept.
"""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, TypeVar

import grpc
import grpc.aio

from sluice.attempt import Unforeseen, attempt
from sluice.errors import SluiceError
from sluice.host.call_spans import CallSpans
from sluice.host.refusal import RefusalError, refusal_of
from sluice.host.rpc_counts import RpcCounts
from sluice.telemetry.logging import Log
from sluice.telemetry.spans import Spans

T = TypeVar("T")
_OURS = "/sluice."
_Context = grpc.aio.ServicerContext[Any, Any]
_Handler = Any
"""gRPC's handlers have one attribute per kind of method, and types for none of them."""

_MAKERS: Mapping[tuple[bool, bool], Any] = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}
"""By (many requests, many answers)."""


async def settle(work: Awaitable[T], log: Log, what: str) -> T | RefusalError:
    """The work's result, or why there is none. `what`: the method, for the log."""
    try:
        outcome = await attempt(work)
    except SluiceError as error:
        return refusal_of(error)
    if isinstance(outcome, Unforeseen):
        log.error("call failed", reason=what, error=outcome.kind, detail=outcome.place)
        return RefusalError(grpc.StatusCode.INTERNAL, f"{outcome.kind} at {outcome.place}")
    return outcome


class Doors(grpc.aio.ServerInterceptor):
    """Stands before every method of this project; health and reflection are gRPC's own and pass by.

    `spans`: who is told of each call. `sample`: the part of requests without trace context that is traced.
    `counts`: where calls are counted.
    """

    def __init__(
        self, log: Log, spans: Spans | None = None, sample: float = 1.0, counts: RpcCounts | None = None
    ) -> None:
        self._log = log
        self._counts = counts
        self._calls = CallSpans(spans, sample)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[_Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> _Handler:
        """The handler of a call, guarded where it is ours."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not method.startswith(_OURS):
            return handler
        return self._guarded(handler, method)

    def _guarded(self, handler: _Handler, method: str) -> _Handler:
        many_asked, many_answers = handler.request_streaming, handler.response_streaming

        async def one(asked: Any, context: _Context) -> Any:
            answer = handler.stream_unary if many_asked else handler.unary_unary
            return await self._settle(answer(asked, context), context, method, asked)

        async def many(asked: Any, context: _Context) -> None:
            answers = handler.stream_stream if many_asked else handler.unary_stream
            await self._settle(_write_all(answers(asked, context), context), context, method, asked)

        make: Callable[..., Any] = _MAKERS[many_asked, many_answers]
        return make(many if many_answers else one, handler.request_deserializer, handler.response_serializer)

    async def _settle(self, work: Awaitable[T], context: _Context, method: str, asked: object) -> T:
        begun = time.perf_counter()
        call = self._calls.begin(method, context.invocation_metadata() or (), asked)
        try:
            with call:
                outcome = await settle(work, self._log, method)
                if isinstance(outcome, RefusalError):
                    call.code = outcome.code
        finally:
            if self._counts is not None:
                self._counts.ended(method.lstrip("/"), call.code, time.perf_counter() - begun)
        if isinstance(outcome, RefusalError):
            await context.abort(outcome.code, outcome.detail, tuple(outcome.trailers()))
        return outcome


async def _write_all(answers: AsyncGenerator[Any, None], context: _Context) -> None:
    async with aclosing(answers) as found:
        async for answer in found:
            await context.write(answer)
