"""Cores that jobs share."""

import heapq
from collections.abc import Callable

from sluice.capacity.simulate.events import Events


class Machine:
    """Jobs of one thread each on some cores, which the scheduler shares evenly: with n jobs each runs at
    min(1, cores / n) of a core.

    Kept in virtual time, which passes at that speed: a job is done when as much of it has passed as it has work, so
    nothing need be recomputed for the others when a job comes or goes.
    """

    def __init__(self, events: Events, cores: float) -> None:
        self._events = events
        self._cores = cores
        self._virtual = 0.0
        self._seen = 0.0
        self._jobs: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self.worked = 0.0
        """CPU seconds of all jobs that were begun."""

    def start(self, work: float, done: Callable[[], None]) -> None:
        """Begins a job of so many CPU seconds."""
        self._pass()
        self._number += 1
        self.worked += work
        heapq.heappush(self._jobs, (self._virtual + work, self._number, done))
        self._look_again()

    def _pass(self) -> None:
        self._virtual += (self._events.now - self._seen) * self._speed()
        self._seen = self._events.now

    def _speed(self) -> float:
        return min(1.0, self._cores / len(self._jobs)) if self._jobs else 1.0

    def _look_again(self) -> None:
        """At the moment at which the first job will be done, if no other comes before."""
        if not self._jobs:
            return
        number = self._number
        left = max(0.0, self._jobs[0][0] - self._virtual)
        self._events.after(left / self._speed(), lambda: self._finish(number))

    def _finish(self, number: int) -> None:
        if number != self._number:
            # Something began or ended meanwhile, which has looked again itself.
            return
        self._pass()
        _, _, done = heapq.heappop(self._jobs)
        self._number += 1
        self._look_again()
        done()
