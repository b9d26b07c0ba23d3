"""Stands before every method, also those that are not ours: who is not listed for it gets PERMISSION_DENIED.

A caller is judged before anything that it sends is read. gRPC reads the message of a call that has one before it
calls the handler, so each method is served as one of streams, and its one message is read once the caller is let in.
Whose authority is not trusted any more is refused too, on a connection that it was trusted to open.
Health is open to whoever has a certificate; a method that does not exist stays UNIMPLEMENTED for everybody.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import grpc
import grpc.aio

from sluice.host.denials import Denials, Why
from sluice.host.identity import Callers
from sluice.host.peers import HEALTH, Peers
from sluice.host.trust import Trust
from sluice.refreshed import Current
from sluice.tls_files import Clock, TlsFiles, utc_now

_Context = grpc.aio.ServicerContext[Any, Any]
_Handler = Any
"""gRPC's handlers have one attribute per kind of method, and types for none of them."""
_WORDS = {Why.ENDED: "its certificate has ended", Why.NOT_TRUSTED: "its certificate's authority is trusted no more"}
"""Of those who are not who they were; the others are known, and not listed."""


class Guard(grpc.aio.ServerInterceptor):
    """The first interceptor of a door whose callers show certificates. `peers`, `files`: the list, and whom
    the door trusts, of any moment."""

    def __init__(
        self, peers: Current[Peers], files: Current[TlsFiles], denials: Denials, clock: Clock = utc_now
    ) -> None:
        self._peers = peers
        self._trust = Trust(files)
        self._denials = denials
        self._clock = clock
        self._callers = Callers()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[_Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> _Handler:
        """The handler of a call, guarded."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method.removeprefix("/")
        if handler is None or method.startswith(f"{HEALTH}/"):
            return handler
        return self._guarded(handler, method)

    def _guarded(self, handler: _Handler, method: str) -> _Handler:
        many_asked, many_answers = handler.request_streaming, handler.response_streaming
        calls = {
            (False, False): handler.unary_unary,
            (False, True): handler.unary_stream,
            (True, False): handler.stream_unary,
            (True, True): handler.stream_stream,
        }
        call = calls[many_asked, many_answers]

        async def one(asked: AsyncIterator[Any], context: _Context) -> Any:
            await self._admit(method, context)
            return await call(asked if many_asked else await _only(asked, context), context)

        async def many(asked: AsyncIterator[Any], context: _Context) -> None:
            await self._admit(method, context)
            if not many_asked:
                await _write(call(await _only(asked, context), context), context)
                return
            questions = self._as_long_as_allowed(asked, method, context)
            await _write(call(questions, context), context)
            # Who was let in and is listed no more: what was asked before has been answered.
            await self._admit(method, context)

        make: Callable[..., Any] = (
            grpc.stream_stream_rpc_method_handler if many_answers else grpc.stream_unary_rpc_method_handler
        )
        return make(many if many_answers else one, handler.request_deserializer, handler.response_serializer)

    async def _admit(self, method: str, context: _Context) -> None:
        """Ends the call of who may not make it."""
        why = self._why_not(method, context)
        if why is None:
            return
        caller = self._callers.of(context.auth_context())
        self._denials.tell(method, why, str(caller or "no identity"))
        code = grpc.StatusCode.UNAUTHENTICATED if why in _WORDS else grpc.StatusCode.PERMISSION_DENIED
        words = _WORDS.get(why, f"not listed for {method} (SLUICE_PEERS)")
        await context.abort(code, f"{caller or 'no identity'}: {words}")

    def _why_not(self, method: str, context: _Context) -> Why | None:
        shown, now = context.auth_context(), self._clock()
        caller = self._callers.of(shown)
        if caller is None or not caller.identities:
            return Why.NO_IDENTITY
        if caller.ends <= now:
            return Why.ENDED
        if not self._trust.holds(shown, now):
            return Why.NOT_TRUSTED
        return None if self._peers.value.allows(method, caller.identities) else Why.NOT_LISTED

    async def _as_long_as_allowed(
        self, asked: AsyncIterator[Any], method: str, context: _Context
    ) -> AsyncIterator[Any]:
        """A stream's questions, up to the first that comes once its caller is allowed no more."""
        async for question in asked:
            if self._why_not(method, context) is not None:
                return
            yield question


async def _only(asked: AsyncIterator[Any], context: _Context) -> Any:
    """The message of a call that has one."""
    async for message in asked:
        return message
    return await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a call without a message")


async def _write(answers: Any, context: _Context) -> None:
    """Answers of a handler that yields them, or that writes them itself."""
    if not hasattr(answers, "__aiter__"):
        await answers
        return
    async with aclosing(answers) as found:
        async for answer in found:
            await context.write(answer)
