"""Wakes whoever has nothing to do."""

import asyncio


class Bell:
    """Rung by whoever has made work, heard by all who wait. Use it from one event loop."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def ring(self) -> None:
        """Wakes all who wait, and those who listened before."""
        self._next.set()
        self._next = asyncio.Event()

    def listen(self) -> asyncio.Event:
        """Set at the next ring. Ask before looking for work: then none that is made meanwhile is missed."""
        return self._next
