"""An event loop in a thread of its own, for callers that have none."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from typing import Any, Final, TypeVar

T = TypeVar("T")
_GONE: Final = "the client is closed, or was opened before this process was forked"


class LoopThread:
    """Runs until it is stopped. Calls may come from any thread of the process that made it."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._stopped = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sluice-client", daemon=True)
        self._thread.start()
        self._ready.wait()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Its result. An exception that interrupts the caller cancels it. RuntimeError where the loop is stopped, or
        stayed behind in the process that this one was forked from."""
        # The lock may have been held when the process was forked.
        if os.getpid() != self._process:
            work.close()
            raise RuntimeError(_GONE)
        with self._lock:
            if self._stopped:
                work.close()
                raise RuntimeError(_GONE)
            # Before whatever stops the loop, which cancels it: so it always ends.
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except CancelledError:
            raise RuntimeError(_GONE) from None
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """Cancels what still runs, and waits for it."""
        if os.getpid() != self._process:
            return
        with self._lock:
            if not self._stopped:
                self._stopped = True
                self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._end.wait()
