"""How much a door takes in at once, so that no flood of calls becomes a flood of memory."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Self

from sluice.deadline import Deadline
from sluice.errors import OverloadedError
from sluice.settings import Settings


class Room:
    """Counts what is in hand. Use it from one event loop.

    `most`: calls at once; `most_bytes`: of what they carry, together, None for no bound. A call that carries more
    than that by itself is let in where nothing else is.
    """

    def __init__(self, most: int, most_bytes: int | None = None, retry_seconds: float = 1.0) -> None:
        """`retry_seconds`: what somebody who is sent away is told to wait."""
        self._most = most
        self._most_bytes = most_bytes
        self._retry_seconds = retry_seconds
        self._calls = 0
        self._bytes = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @classmethod
    def for_calls(cls, settings: Settings) -> Self:
        """What a service's door is given by its settings."""
        return cls(settings.max_waiting_calls, settings.max_waiting_call_bytes)

    @property
    def calls(self) -> int:
        """In hand now."""
        return self._calls

    @property
    def waiting(self) -> int:
        """Who waits for room now."""
        return len(self._waiting)

    def take(self, size: int = 0) -> None:
        """Takes in a call of `size` bytes. OverloadedError where there is no room, or others wait for it."""
        if self._waiting or not self._fits(size):
            raise self._overloaded()
        self._add(size)

    async def wait(self, deadline: Deadline, size: int = 0) -> None:
        """The same, waiting for room, first come first served. OverloadedError at the deadline."""
        if not self._waiting and self._fits(size):
            self._add(size)
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        let_in = False
        try:
            async with asyncio.timeout(deadline.remaining()):
                await turn
            let_in = True
        except TimeoutError:
            raise self._overloaded() from None
        finally:
            if not let_in:
                self._give_up(size, turn)

    def grow(self, size: int) -> None:
        """A call in hand turned out to carry `size` more bytes. OverloadedError where they have no room."""
        if self._most_bytes is not None and self._calls > 1 and self._bytes + size > self._most_bytes:
            raise self._overloaded()
        self._bytes += size

    def leave(self, size: int = 0) -> None:
        """A call with its bytes, all that it took, is out of hand."""
        self._calls -= 1
        self._bytes -= size
        self._let_in()

    @contextmanager
    def held(self, size: int = 0) -> Iterator[None]:
        """`take`, and `leave` at the end."""
        self.take(size)
        try:
            yield
        finally:
            self.leave(size)

    @asynccontextmanager
    async def held_in_turn(self, deadline: Deadline, size: int = 0) -> AsyncIterator[None]:
        """`wait`, and `leave` at the end."""
        await self.wait(deadline, size)
        try:
            yield
        finally:
            self.leave(size)

    def _fits(self, size: int) -> bool:
        if self._calls >= self._most:
            return False
        return self._most_bytes is None or self._calls == 0 or self._bytes + size <= self._most_bytes

    def _add(self, size: int) -> None:
        self._calls += 1
        self._bytes += size

    def _let_in(self) -> None:
        while self._waiting and self._fits(self._waiting[0][0]):
            size, turn = self._waiting.popleft()
            if not turn.done():
                self._add(size)
                turn.set_result(None)

    def _give_up(self, size: int, turn: "asyncio.Future[None]") -> None:
        if turn.done() and not turn.cancelled():
            # Let in at the very moment of giving up.
            self.leave(size)
            return
        turn.cancel()
        if (size, turn) in self._waiting:
            self._waiting.remove((size, turn))
        self._let_in()

    def _overloaded(self) -> OverloadedError:
        return OverloadedError(f"{self._calls} calls are in hand", self._retry_seconds)
