"""Calls that a door refused because of who made them: all are counted, and so many logged as a person can read."""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Adds, Metrics

LINES: Final = 10
"""That are logged in `SECONDS`; the first line after that says how many were not."""
SECONDS: Final = 10.0
_LONGEST = 300
"""Characters of a caller's names that a line holds."""


class Why(StrEnum):
    """Why a call was refused."""

    NOT_LISTED = "not_listed"
    NO_IDENTITY = "no_identity"
    ENDED = "ended"
    NOT_TRUSTED = "not_trusted"


class Denials:
    """The refusals of one process. Methods are those that have a handler: nobody makes up labels."""

    def __init__(self, log: Log, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds."""
        self._log = log
        self._metrics = metrics
        self._clock = clock
        self._counters: dict[tuple[str, Why], Adds] = {}
        self._began = clock()
        self._lines = 0
        self._unsaid = 0

    def begin(self, method: str) -> None:
        """Counts a method's refusals from 0 on, so that the first increase is one."""
        for why in Why:
            self._counter(method, why)

    def tell(self, method: str, why: Why, caller: str) -> None:
        """A call was refused. `caller`: the names of its certificate, nothing else of the call."""
        self._counter(method, why).inc()
        if self._clock() - self._began >= SECONDS:
            self._began, self._lines = self._clock(), 0
        if self._lines >= LINES:
            self._unsaid += 1
            return
        self._lines += 1
        unsaid, self._unsaid = self._unsaid, 0
        more = {"count": unsaid} if unsaid else {}
        self._log.warning("call refused", method=method, reason=why, detail=caller[:_LONGEST], **more)

    def _counter(self, method: str, why: Why) -> Adds:
        found = self._counters.get((method, why))
        if found is None:
            about = "gRPC calls refused because of who made them."
            found = self._metrics.counter("rpc_denied", about, {"method": method, "reason": why})
            self._counters[method, why] = found
        return found
