"""A fixed number of decoder children, each with one picture at a time. What kills a child refuses one picture."""

import asyncio
from typing import Self

from ingest.decoder.answer import Reading, Refusal
from ingest.decoder.process import DecoderProcess
from ingest.settings import IngestSettings
from sluice.errors import NotReadyError, RetryableError


class DecoderPool:
    """Open one per service; use it from one event loop."""

    def __init__(self, settings: IngestSettings, children: list[DecoderProcess]) -> None:
        self._settings = settings
        self._idle: asyncio.Queue[DecoderProcess] = asyncio.Queue()
        for child in children:
            self._idle.put_nowait(child)
        self._size = len(children)
        self._closed = False

    @classmethod
    async def open(cls, settings: IngestSettings) -> Self:
        """Starts every child and waits until all can work. Raises NotReadyError."""
        started = await asyncio.gather(
            *(DecoderProcess.start(settings) for _ in range(settings.decoders)), return_exceptions=True
        )
        children = [child for child in started if isinstance(child, DecoderProcess)]
        if len(children) < settings.decoders:
            await asyncio.gather(*(child.kill() for child in children))
            failed = next(child for child in started if isinstance(child, BaseException))
            raise NotReadyError(f"{failed}; its reason is on standard error, `make setup` installs what it needs")
        return cls(settings, children)

    async def decode(self, data: bytes, declared: str = "") -> Reading | Refusal:
        """Reads a picture once a child is free. `declared`: its media type as the sender claims it, or empty.

        Nothing in `data` makes this raise. Raises RetryableError where no child can be started. Cancelling it ends
        the child that was at work, and the next picture starts another.
        """
        child = await self._idle.get()
        try:
            if self._closed:
                raise RetryableError("the decoders are closed")
            if not child.alive:
                child = await DecoderProcess.start(self._settings)
            return await child.ask(data, declared)
        finally:
            self._idle.put_nowait(child)

    async def close(self) -> None:
        """Lets pictures in progress finish, refuses those that wait, and ends every child."""
        if self._closed:
            return
        self._closed = True
        for _ in range(self._size):
            child = await self._idle.get()
            await child.close()
        # Whoever still waits gets a child, sees that the pool is closed, and passes it on.
        self._idle.put_nowait(child)
