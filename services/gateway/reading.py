"""Reading bodies beside the event loop, so that a large one does not keep everybody waiting."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")
SMALL: Final = 256 << 10
"""Bytes of a body that is read at once: some milliseconds at most."""


class Reading:
    """One large body is read at a time, on a thread: that bounds what parsing takes beside what was received. Small
    ones do not wait for it. Use it from one event loop."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def run(self, data: bytes, read: Callable[[bytes], T]) -> T:
        """What `read` makes of it; its errors are passed on."""
        if len(data) <= SMALL:
            return read(data)
        async with self._one:
            # A caller that goes away does not let the next one in while the thread still reads.
            return await _to_its_end(asyncio.create_task(asyncio.to_thread(read, data)))


async def _to_its_end(work: "asyncio.Task[T]") -> T:
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        if not work.cancelled():
            # Nobody is there to hear it.
            work.exception()
        raise
