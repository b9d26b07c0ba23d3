"""CPU from the end of a run's warm-up on, read on a thread of its own: a reading takes longer than a request."""

import threading

from sluice.load.clock import Clock
from sluice.load.cpu import CpuMeter, take_reading
from sluice.load.usage import Reading, Usage


class CpuWindow:
    """Begins by itself at `begin`, seconds of the run's clock, and ends when it is closed."""

    def __init__(self, meter: CpuMeter, begin: float) -> None:
        self._meter = meter
        self._begin = begin
        self._closed = threading.Event()
        self._first: Reading | None = None
        self._thread: threading.Thread | None = None

    def start(self, clock: Clock) -> None:
        """Begins to wait."""
        self._thread = threading.Thread(target=self._run, args=(clock,), name="cpu", daemon=True)
        self._thread.start()

    def close(self) -> Usage | None:
        """What was used; None where it did not begin."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
        return None if self._first is None else Usage.between(self._first, take_reading(self._meter))

    def _run(self, clock: Clock) -> None:
        if not self._closed.wait(max(0.0, self._begin - clock.now())):
            self._first = take_reading(self._meter)
