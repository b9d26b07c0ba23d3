"""The workers of one process: each takes one step after the other, and leaves nothing behind when it is stopped."""

import asyncio
from collections.abc import Sequence

from reporter.bell import Bell
from reporter.round import Round
from reporter.steps import Steps
from sluice.errors import RetryableError
from sluice.telemetry.logging import Log


class Workers:
    """Runs steps until it is told to stop."""

    def __init__(self, steps: Sequence[Steps], bell: Bell, log: Log) -> None:
        """`steps`: one for each worker. `bell`: rung by whoever has made work, and at the end."""
        self._steps = steps
        self._bell = bell
        self._log = log

    async def run(self, stop: asyncio.Event, drain_seconds: float) -> None:
        """Until `stop`. Then calls in hand are ended within `drain_seconds`, and what is not finished is handed back,
        so that another process goes on with it at once. FatalError."""
        works = [asyncio.create_task(self._work(steps, stop)) for steps in self._steps]
        stopping = asyncio.create_task(self._stop(stop))
        waiting: set[asyncio.Task[None]] = {stopping, *works}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                await asyncio.wait(works, timeout=drain_seconds)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        for steps in self._steps:
            await self._given_back(steps)
        for task in works:
            if not task.cancelled():
                task.result()

    async def _work(self, steps: Steps, stop: asyncio.Event) -> None:
        await Round("work", self._bell, self._log).run(steps.once, stop)

    async def _stop(self, stop: asyncio.Event) -> None:
        await stop.wait()
        for steps in self._steps:
            steps.stop()
        self._bell.ring()

    async def _given_back(self, steps: Steps) -> None:
        try:
            await steps.give_back()
        except RetryableError as error:
            self._log.warning("not handed back: it waits for its lease", error=str(error))
