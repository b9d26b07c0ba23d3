"""CPU time and clock, of this process and of those that it started."""

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.cpu import tree_seconds

K = TypeVar("K")

LEAST_SECONDS = 0.25
"""CPU time that a stage is repeated for in every round."""
FEWEST = 3
"""Times that it is repeated at least."""
FEWEST_ELSEWHERE = 10
"""The same for work that is done in other processes: the kernel tells of their CPU time in steps of 10 ms."""


@dataclass(frozen=True, slots=True)
class Spent:
    """For one picture. `seconds`: by the clock. `here`, `there`: CPU seconds of this process, of those below it."""

    seconds: float
    here: float
    there: float

    @property
    def per_second(self) -> float:
        """Pictures a second."""
        return 1 / self.seconds

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds of a picture, here and there."""
        return (self.here + self.there) * 1000


class Watch:
    """Runs from when it is made."""

    def __init__(self) -> None:
        # Going through all processes takes time of its own: it is done before the other clocks start.
        self._there = tree_seconds(os.getpid())
        self._here = time.process_time()
        self._clock = time.perf_counter()

    def spent(self, pictures: int) -> Spent:
        """Until now, divided by a number of pictures."""
        seconds, here = time.perf_counter() - self._clock, time.process_time() - self._here
        there = tree_seconds(os.getpid()) - self._there
        return Spent(seconds / pictures, here / pictures, there / pictures)


def repeated(work: Callable[[], object], least: float = LEAST_SECONDS, fewest: int = FEWEST) -> Spent:
    """What one call costs. There are `fewest` calls, and more until they took `least` seconds of CPU time here, or
    three times that by the clock."""
    calls = 0
    watch, clock, cpu = Watch(), time.perf_counter(), time.process_time()
    while calls < fewest or (time.process_time() - cpu < least and time.perf_counter() - clock < 3 * least):
        work()
        calls += 1
    return watch.spent(calls)


def median(values: Sequence[float]) -> float:
    """Over the rounds."""
    return statistics.median(values)


def best(values: Sequence[float]) -> float:
    """The lowest of the rounds: of CPU time, neighbours on the same cores only ever add to it."""
    return min(values)


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """The median of the rounds' ratios: what slowed a whole round down is in both."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


def rounds(sides: Mapping[K, Callable[[], Spent]], count: int) -> dict[K, list[Spent]]:
    """Every side in turn, `count` times after one to warm up. Per side a figure for each round."""
    found: dict[K, list[Spent]] = {name: [] for name in sides}
    for turn in range(count + 1):
        for name, side in sides.items():
            spent = side()
            if turn:
                found[name].append(spent)
    return found
