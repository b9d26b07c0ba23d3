"""A check in numbers: its answers, how long they took, how long they waited, what was asked at once."""

from collections.abc import Callable
from typing import Final

from sluice.check import Status
from sluice.telemetry.metrics import Metrics, Observes

INTERACTIVE: Final = "interactive"
BULK: Final = "bulk"
_LANES: Final = (INTERACTIVE, BULK)
"""By whether they are bulk."""
_BATCHES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


class CheckCounts:
    """Counts for one check, whichever door it was asked at; gRPC counts as interactive. All begin at 0."""

    def __init__(self, metrics: Metrics, check: str) -> None:
        self._metrics = metrics
        self._check = check
        lanes = [{"check": check, "lane": lane} for lane in _LANES]
        about = "Answers of the check, one for each content."
        self._results = [
            {status: metrics.counter("check_results", about, {**lane, "status": status.name}) for status in Status}
            for lane in lanes
        ]
        about = "From queueing a content to its answer, or to the deadline."
        self._seconds = [metrics.histogram("check_seconds", about, lane) for lane in lanes]
        about = "From queueing a content until a batch took it."
        self._waits = [metrics.histogram("check_wait_seconds", about, lane) for lane in lanes]
        about = "Contents in a batch."
        self._batches = metrics.histogram("batch_items", about, {"check": check}, _BATCHES)

    def answered(self, bulk: bool, status: Status) -> None:
        """Somebody was given an answer."""
        self._results[bulk][status].inc()

    def took(self, bulk: bool, seconds: float) -> None:
        """A content was queued so long ago, and now there is an answer."""
        self._seconds[bulk].observe(seconds)

    def waited(self, bulk: bool, seconds: float) -> None:
        """A batch took a content that was queued so long ago."""
        self._waits[bulk].observe(seconds)

    def asked(self, size: int) -> None:
        """A batch was put to the check."""
        self._batches.observe(size)

    def room(self, most: int) -> None:
        """So many may wait in each lane."""
        about = "Contents that may wait for the check in each lane: SLUICE_MAX_INFLIGHT."
        self._metrics.gauge("check_queue_limit", about, float(most), {"check": self._check})

    def watch(self, waiting: Callable[[bool], int]) -> None:
        """How many wait in a lane (bulk or not) is asked of `waiting` from now on."""
        about = "Contents that wait for the check."
        for bulk, lane in enumerate(_LANES):
            labels = {"check": self._check, "lane": lane}
            self._metrics.gauge_of("check_queue", about, _of(waiting, bool(bulk)), labels)


class ModelSeconds:
    """Counts a process's inferences, by model. Safe to use from several threads."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._seconds: dict[str, Observes] = {}

    def took(self, model: str, seconds: float) -> None:
        """An inference, as the check that asked for it saw it."""
        found = self._seconds.get(model)
        if found is None:
            about = "One inference, as the check saw it: with the wait for a thread, or for Triton."
            found = self._seconds[model] = self._metrics.histogram("model_seconds", about, {"model": model})
        found.observe(seconds)


def _of(waiting: Callable[[bool], int], bulk: bool) -> Callable[[], float]:
    return lambda: float(waiting(bulk))
