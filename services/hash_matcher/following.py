"""Keeping a store's reader at what its files say, as long as the service runs."""

import asyncio
from collections.abc import Callable

from sluice.attempt import Unforeseen, attempt
from sluice.errors import SluiceError
from sluice.hashes.live import LiveIndex

EVERY_SECONDS = 0.15
"""Between two looks: what is added counts well within a second. A look at nothing new takes tens of microseconds."""

Opening = Callable[[], LiveIndex | None]
"""Opens a store that was not there at first; None as long as it is not. Raises errors of ours, and OSError."""


class Following:
    """Looks again and again, in a thread beside the loop."""

    def __init__(self, live: LiveIndex | None, opening: Opening | None = None, every: float = EVERY_SECONDS) -> None:
        """`live`: the reader, or None for a store that may come later, which `opening` opens. `every`: seconds."""
        self.live = live
        """The reader; None as long as there is no store."""
        self._opening = opening
        self._every = every
        self._task: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[str] | None = None
        self._last = ""
        self.trouble = ""
        """What was wrong at two looks in a row: a file that a merge removes under a look is there the next time."""

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
        if self.live is not None:
            self.live.close()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            # Shielded: a look in its thread cannot be called off, and the reader must not be closed under it.
            self._looking = asyncio.create_task(asyncio.to_thread(self._look))
            found = await attempt(asyncio.shield(self._looking))
            now = f"{found.kind} at {found.place}" if isinstance(found, Unforeseen) else found
            self.trouble = now if self._last else ""
            self._last = now

    def _look(self) -> str:
        """What is wrong; empty where nothing is."""
        if self.live is None and self._opening is not None:
            try:
                self.live = self._opening()
            except SluiceError as error:
                return str(error)
            except OSError as error:
                return f"{error.filename or 'the store'}: {error.strerror}"
        if self.live is None:
            return ""
        self.live.look()
        return self.live.trouble
