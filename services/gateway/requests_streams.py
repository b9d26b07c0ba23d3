"""Answers that go on: server-sent events, a bounded number of them at once, each while its key is good."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from gateway.scopes import Caller
from gateway.shares import Shares
from sluice.errors import SluiceError
from sluice.telemetry.metrics import Metrics

EVENT_STREAM: Final = "text/event-stream"
LOOK_SECONDS: Final = 5.0
"""So often it is asked whether the key is still good."""

Good = Callable[[], Awaitable[object]]
"""Returns while the caller may look on; a SluiceError otherwise."""


class Streams:
    """`most`: at once; one key has a quarter of them at most."""

    def __init__(self, most: int, metrics: Metrics) -> None:
        self._shares = Shares(most, "streams of events are open")
        about = "Streams of server-sent events that are open."
        metrics.gauge_of("gateway_event_streams", about, lambda: float(self._shares.held))

    def response(self, pieces: AsyncIterator[bytes], who: Caller, good: Good) -> StreamingResponse:
        """Streams it, and holds a place until its end, whoever ends it. It ends once `good` raises. OverloadedError
        where there is no place, ApiError 429 where this key has its share of them."""
        self._shares.take(who.key_id)
        return _Stream(while_good(pieces, good, LOOK_SECONDS), lambda: self._shares.leave(who.key_id))


async def rung(bells: Iterable[asyncio.Event], seconds: float) -> bool:
    """Whether one of them is set, as soon as it is; False after `seconds`."""
    waiting = [asyncio.ensure_future(bell.wait()) for bell in bells]
    try:
        done, _ = await asyncio.wait(waiting, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    return bool(done)


async def while_good(pieces: AsyncIterator[bytes], good: Good, look_seconds: float) -> AsyncIterator[bytes]:
    """The pieces, to their end or to the first time that `good` raises."""
    ended = asyncio.Event()

    async def look() -> None:
        try:
            while True:
                await asyncio.sleep(look_seconds)
                await good()
        except SluiceError:
            return
        finally:
            # Whatever it is: nobody looks on where nobody looks at the key.
            ended.set()

    async def following() -> bytes | None:
        return await anext(pieces, None)

    looking, ending = asyncio.create_task(look()), asyncio.create_task(ended.wait())
    step = asyncio.create_task(following())
    try:
        while True:
            await asyncio.wait({step, ending}, return_when=asyncio.FIRST_COMPLETED)
            if ended.is_set() or (piece := step.result()) is None:
                return
            yield piece
            step = asyncio.create_task(following())
    finally:
        for task in (looking, ending, step):
            task.cancel()
        await asyncio.gather(looking, ending, step, return_exceptions=True)
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()


class _Stream(StreamingResponse):
    def __init__(self, pieces: AsyncIterator[bytes], leave: Callable[[], None]) -> None:
        # Proxies that gather an answer before they pass it on would pass nothing on.
        super().__init__(pieces, media_type=EVENT_STREAM, headers={"x-accel-buffering": "no"})
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()
