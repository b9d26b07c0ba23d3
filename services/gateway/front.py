"""What every call passes first: an id, room, numbers, and an answer whatever happens behind it."""

import asyncio
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.call import Call, put_call
from gateway.errors import ApiError, unavailable
from gateway.numbers import LIVES, Numbers, route_of
from gateway.refused import api_error, internal_error
from sluice.attempt import Unforeseen, attempt
from sluice.errors import SluiceError
from sluice.host.room import Room
from sluice.telemetry.in_hand import work_on
from sluice.telemetry.logging import Log
from sluice.telemetry.spans import Spans
from sluice.telemetry.trace_context import PARENT, STATE, parse

_ALWAYS: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
"""Unless the route says otherwise."""


class Front:
    """An ASGI middleware. `room`: how many calls are in hand at once. `sample`: the part of requests without trace
    context that is traced."""

    def __init__(
        self, app: ASGIApp, log: Log, numbers: Numbers, room: Room, spans: Spans, sample: float = 1.0
    ) -> None:
        self._app = app
        self._log = log
        self._numbers = numbers
        self._room = room
        self._spans = spans
        self._sample = sample

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one call. HEAD is GET, of whose answer the body is not sent."""
        if scope["type"] != "http":
            return
        method: str = scope["method"]
        if method == "HEAD":
            scope = {**scope, "method": "GET"}
        traced = [(name, value) for name, value in Headers(scope=scope).items() if name in (PARENT, STATE)]
        call = Call(str(uuid.uuid4()), parse(traced), self._spans, self._room, self._sample)
        put_call(scope, call)
        answer = _Answer(send, call, bare=method == "HEAD")
        begun = time.perf_counter()
        working = work_on(call.trace)
        try:
            error = await self._pass(scope, receive, answer, call)
            if error is not None:
                await answer.refuse(error, scope, receive)
        finally:
            route = route_of(scope)
            self._numbers.ended(route, answer.status, time.perf_counter() - begun)
            call.end(method, route, answer.status)
            working.end()

    async def _pass(self, scope: Scope, receive: Receive, answer: "_Answer", call: Call) -> ApiError | None:
        """Why there is no answer, where there is none."""
        try:
            # It lives, however much it has to do; whether it takes more is another question.
            with nullcontext() if scope["path"] == LIVES else self._room_for(call):
                outcome = await attempt(self._app(scope, receive, answer.send))
        except asyncio.CancelledError:
            # The door closes, and does not wait any longer.
            found = unavailable("unavailable", "The service stops. There is no decision here: not allowed.")
        except SluiceError as error:
            found = api_error(error)
        else:
            if not isinstance(outcome, Unforeseen):
                return None
            self._log.error("call failed", request_id=call.id, error=outcome.kind, detail=outcome.place)
            found = internal_error()
        self._numbers.refused(found)
        return found

    @contextmanager
    def _room_for(self, call: Call) -> Iterator[None]:
        self._room.take()
        try:
            yield
        finally:
            self._room.leave(call.size)


class _Answer:
    """What is said to the client, with the headers that every answer has. `status`: 0 until it is known. `bare`:
    without its body."""

    def __init__(self, send: Send, call: Call, bare: bool) -> None:
        self._send = send
        self._call = call
        self._bare = bare
        self._over = False
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ())]
            present = {name.lower() for name, _ in headers}
            told = ((b"x-request-id", self._call.id.encode()), *_ALWAYS)
            headers += [(name, value) for name, value in told if name not in present]
            message = {**message, "headers": headers}
        elif self._bare:
            if self._over:
                return
            # The end, also of a stream: whoever makes it hears that nobody listens any more.
            self._over, message = True, {"type": message["type"]}
        await self._send(message)

    async def refuse(self, error: ApiError, scope: Scope, receive: Receive) -> None:
        """Says why there is no answer. Half an answer is left as it is: the server breaks it off."""
        if self.status:
            raise error
        await error.response()(scope, receive, self.send)
