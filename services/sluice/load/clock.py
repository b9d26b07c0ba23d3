"""The clock of a run, and what stops it."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Clock:
    """Seconds since it was started. Every thread of the process sees the same."""

    def __init__(self) -> None:
        self._zero = time.monotonic()
        self._zero_ms = time.time() * 1000

    def now(self) -> float:
        """Seconds."""
        return time.monotonic() - self._zero

    def to_ms(self, at: float) -> float:
        """A moment of this clock as milliseconds since the epoch, as the machine's clock stood at the start."""
        return self._zero_ms + at * 1000


class Stopping:
    """`sending`: send nothing more. `waiting`: do not wait for answers either. The second implies the first."""

    def __init__(self) -> None:
        self.sending = threading.Event()
        self.waiting = threading.Event()

    def ask(self) -> None:
        """Once: no more sending. Again: no more waiting."""
        if self.sending.is_set():
            self.waiting.set()
        self.sending.set()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Inside, Ctrl-C and SIGTERM ask for it and raise nothing, so that no figure is lost. Main thread only."""

        def asked(_number: int, _frame: FrameType | None) -> None:
            self.ask()

        before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, old in before.items():
                signal.signal(number, old)
