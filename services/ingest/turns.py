"""Who reads a picture next. Only a few are in memory at once; the urgent go before the others, each in its order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sluice.deadline import Deadline
from sluice.errors import RetryableError


@dataclass(frozen=True, slots=True)
class Urgency:
    """How a turn is wanted. `bulk`: behind everybody else; `deadline`: it is of no use later, None for never."""

    bulk: bool = False
    deadline: Deadline | None = None


URGENT = Urgency()


class Turns:
    """A semaphore with two queues. Use it from one event loop."""

    def __init__(self, most: int) -> None:
        """`most`: turns taken at once."""
        self._free = most
        self._waiting: tuple[deque[asyncio.Future[None]], ...] = (deque(), deque())

    @asynccontextmanager
    async def take(self, urgency: Urgency = URGENT) -> AsyncIterator[None]:
        """Waits for a turn and holds it. RetryableError where it came too late."""
        await self._wait(urgency.bulk)
        try:
            if urgency.deadline is not None and urgency.deadline.passed():
                raise RetryableError("the deadline passed before there was a turn to read it")
            yield
        finally:
            self._give()

    async def _wait(self, bulk: bool) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[bulk].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # It was given a turn at the very moment that it was cancelled.
                self._give()
            raise

    def _give(self) -> None:
        for waiting in self._waiting:
            while waiting:
                turn = waiting.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._free += 1
