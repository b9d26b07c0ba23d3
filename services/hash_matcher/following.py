"""Keeping a store's reader at what its files say, as long as the service runs."""

import asyncio

from sluice.hashes.live import LiveIndex
from sluice.host.attempt import Unforeseen, attempt

EVERY_SECONDS = 0.15
"""Between two looks: what is added counts well within a second. A look at nothing new takes tens of microseconds."""


class Following:
    """Looks again and again, in a thread beside the loop."""

    def __init__(self, live: LiveIndex, every: float = EVERY_SECONDS) -> None:
        """`every`: seconds."""
        self._live = live
        self._every = every
        self._task: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[bool] | None = None
        self._last = ""
        self.trouble = ""
        """What two looks in a row met: a file that a merge removes under a look is none the next time."""

    def start(self) -> None:
        """Within a running loop."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Ends it, and closes the reader."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._looking is not None:
            await asyncio.gather(self._looking, return_exceptions=True)
        self._live.close()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            # Shielded: a look in its thread cannot be called off, and the reader must not be closed under it.
            self._looking = asyncio.create_task(asyncio.to_thread(self._live.look))
            found = await attempt(asyncio.shield(self._looking))
            now = f"{found.kind} at {found.place}" if isinstance(found, Unforeseen) else self._live.trouble
            self.trouble = now if now == self._last else ""
            self._last = now
