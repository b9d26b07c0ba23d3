"""Runs a conversation on an event loop."""

import asyncio
from typing import Protocol, TypeVar

from sluice.client.wire import Answer, Call, Pause, Talk
from sluice.telemetry.trace_context import TraceContext

T = TypeVar("T")


class Transport(Protocol):
    """What makes calls: HTTP, or the simulator."""

    async def ask(self, call: Call, seconds: float, trace: TraceContext) -> Answer:
        """The answer, or that there is none within `seconds`. Raises nothing else than being cancelled."""

    async def close(self) -> None:
        """Calls that are under way, and those to come, have no answer."""


async def drive(talk: Talk[T], transport: Transport, trace: TraceContext) -> T:
    """The conversation's result. Raises what it raises; cancelled, it says nothing more."""
    said: Answer | None = None
    try:
        while True:
            try:
                step = talk.send(said)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Pause):
                said = None
                await asyncio.sleep(step.seconds)
            else:
                said = await transport.ask(step.call, step.seconds, trace)
    finally:
        talk.close()
