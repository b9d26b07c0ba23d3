"""Reading logs back at start, beside the work: who needs what was not read yet waits for it, the others go on."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from sluice.deadline import Deadline
from sluice.errors import NotGrantedError, RetryableError
from sluice.host.readiness import Readiness

_ASK_SECONDS = 5.0
_REFUSED_SECONDS = 1.0


class Reads(Protocol):
    """A log that is being read."""

    @property
    def topic(self) -> str:
        """Its name."""

    @property
    def refused(self) -> str:
        """Why the broker does not let it be read; empty where it does."""

    async def caught_up(self, deadline: Deadline) -> None:
        """Returns once the log's present end has been reached. RetryableError otherwise."""


class CatchUp:
    """Not ready until every log has been read to the end that it has then, nor while a broker refuses one later."""

    def __init__(self, readiness: Readiness, logs: Sequence[Reads], then: Callable[[], None] | None = None) -> None:
        """`then` is called once, when that is so."""
        self._readiness = readiness
        self._logs = logs
        self._then = then
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to wait, and returns."""
        await self._expect(self._logs)
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Waits no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._readiness.met("logs")

    async def _run(self) -> None:
        behind = list(self._logs)
        while behind:
            found = await asyncio.gather(*(_caught_up(log) for log in behind))
            refused = [one for one in found if isinstance(one, str)]
            behind = [log for log, reached in zip(behind, found, strict=True) if reached is not True]
            if behind:
                await self._expect(behind, "; ".join(refused))
            if refused:
                # It is said at once, so it may be asked at once, too.
                await asyncio.sleep(_REFUSED_SECONDS)
        if self._then is not None:
            self._then()
        await self._readiness.met("logs")
        await self._watch()

    async def _watch(self) -> None:
        told = ""
        while True:
            refused = "; ".join(filter(None, (log.refused for log in self._logs)))
            if refused != told:
                told = refused
                await (self._readiness.expect("logs", refused) if refused else self._readiness.met("logs"))
            await asyncio.sleep(_REFUSED_SECONDS)

    async def _expect(self, behind: Sequence[Reads], refused: str = "") -> None:
        topics = ", ".join(log.topic for log in behind)
        mend = refused or "where that does not end: sluice repair --check"
        await self._readiness.expect("logs", f"reading {topics} back; {mend}")


async def _caught_up(log: Reads) -> bool | str:
    """Whether it has; in words where the broker refuses it."""
    try:
        await log.caught_up(Deadline.after(_ASK_SECONDS))
    except NotGrantedError as error:
        return str(error)
    except RetryableError:
        return False
    return True
