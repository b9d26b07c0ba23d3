"""Wakes those who wait for something to happen to a key: rung on a reader's thread, heard in the event loop."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Bells:
    """Events by key. Made in the event loop that waits."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._waiting: dict[str, list[asyncio.Event]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def ring(self, key: str) -> None:
        """Something happened to the key. On any thread."""
        with self._lock:
            events = tuple(self._waiting.get(key, ()))
        for event in events:
            self._loop.call_soon_threadsafe(event.set)

    @contextmanager
    def heard(self, key: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the key's bell rings, from now on; the listener clears it."""
        event = asyncio.Event()
        with self._lock:
            self._waiting.setdefault(key, []).append(event)
        try:
            yield event
        finally:
            with self._lock:
                waiting = self._waiting[key]
                waiting.remove(event)
                if not waiting:
                    del self._waiting[key]
