"""Work that goes on for as long as the service does, whatever happens to it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from reporter.bell import Bell
from sluice.attempt import Unforeseen, attempt
from sluice.errors import FatalError, SluiceError
from sluice.telemetry.logging import Log

IDLE_SECONDS: Final = 1.0
"""Between two looks for work where nobody rings: other processes make some too, and time does."""
FIRST_SECONDS: Final = 0.5
MOST_SECONDS: Final = 15.0


class Round:
    """One piece of work, again and again: at once after some was done, else when the bell rings or after a while."""

    def __init__(self, name: str, bell: Bell, log: Log, idle: float = IDLE_SECONDS) -> None:
        """`name`: of the work, for the log. `idle`: seconds."""
        self._name = name
        self._bell = bell
        self._log = log
        self._idle = idle

    async def run(self, once: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
        """Until `stop`; what is under way then is ended first. `once`: whether there was anything to do, or how much.

        What goes wrong is told, and tried again later, and later each time. FatalError ends it.
        """
        pause = FIRST_SECONDS
        while True:
            heard = self._bell.listen()
            if stop.is_set():
                return
            done = await self._tried(once, pause)
            if done is None:
                await waited(stop, pause)
                pause = min(2 * pause, MOST_SECONDS)
                continue
            pause = FIRST_SECONDS
            if not done:
                await waited(heard, self._idle)

    async def _tried(self, once: Callable[[], Awaitable[object]], pause: float) -> bool | None:
        """None: it went wrong."""
        try:
            outcome = await attempt(once())
        except FatalError:
            raise
        except SluiceError as error:
            self._log.warning("will try again", reason=self._name, error=str(error), seconds=pause)
            return None
        if isinstance(outcome, Unforeseen):
            self._log.error("failed", reason=self._name, error=outcome.kind, detail=outcome.place, seconds=pause)
            return None
        return bool(outcome)


async def waited(event: asyncio.Event, seconds: float) -> None:
    """Returns when the event is set, or after so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
