"""Percentiles over everything that was asked, answered or not. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Of `count` values; all infinite where there are none. Infinite, too, where the value is one that never came."""

    count: int
    p50: float
    p95: float
    p99: float
    max: float

    def form(self) -> dict[str, float | int | None]:
        """As JSON, in milliseconds for values in seconds; what is infinite is null, which JSON has no number for."""
        names = ("p50", "p95", "p99", "max")
        return {"count": self.count} | {name: milliseconds(getattr(self, name)) for name in names}


def quantiles(values: Sequence[float] | npt.NDArray[np.float64]) -> Quantiles:
    """By nearest rank: the smallest value that at least so much of all are no larger than.

    So each is a value that occurred, and nothing is interpolated between a number and infinity. What was never
    answered comes as infinity and sorts last: with 2 % of that, p99 is infinite.
    """
    found = np.sort(np.asarray(values, dtype=np.float64))
    if not len(found):
        return Quantiles(0, math.inf, math.inf, math.inf, math.inf)
    p50, p95, p99 = (float(found[_rank(share, len(found)) - 1]) for share in (50, 95, 99))
    return Quantiles(len(found), p50, p95, p99, float(found[-1]))


def milliseconds(seconds: float) -> float | None:
    """To a tenth; None for infinity."""
    return round(seconds * 1000, 1) if math.isfinite(seconds) else None


def _rank(percent: int, count: int) -> int:
    """In whole numbers: 0.95 * 100 is not 95 in binary."""
    return max(1, -(-percent * count // 100))
