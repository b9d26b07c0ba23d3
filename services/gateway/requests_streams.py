"""Answers that go on: server-sent events, a bounded number of them at once."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from sluice.host.room import Room
from sluice.telemetry.metrics import Metrics

EVENT_STREAM: Final = "text/event-stream"
_AGAIN_SECONDS: Final = 5.0


class Streams:
    """`most`: at once."""

    def __init__(self, most: int, metrics: Metrics) -> None:
        self._room = Room(most, retry_seconds=_AGAIN_SECONDS)
        about = "Streams of server-sent events that are open."
        metrics.gauge_of("gateway_event_streams", about, lambda: float(self._room.calls))

    def response(self, pieces: AsyncIterator[bytes]) -> StreamingResponse:
        """Streams it, and holds a place until its end, whoever ends it. OverloadedError where there is none."""
        self._room.take()
        return _Stream(pieces, self._room)


async def rung(bells: Iterable[asyncio.Event], seconds: float) -> bool:
    """Whether one of them is set, as soon as it is; False after `seconds`."""
    waiting = [asyncio.ensure_future(bell.wait()) for bell in bells]
    try:
        done, _ = await asyncio.wait(waiting, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    return bool(done)


class _Stream(StreamingResponse):
    def __init__(self, pieces: AsyncIterator[bytes], room: Room) -> None:
        # Proxies that gather an answer before they pass it on would pass nothing on.
        super().__init__(pieces, media_type=EVENT_STREAM, headers={"x-accel-buffering": "no"})
        self._room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._room.leave()
