"""Shares and how sure they are: intervals of a binomial share, and tests of a difference. Pure.

z is the standard normal's quantile: 1.96 for 95 %.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

LEVEL: Final = 0.05
"""What intervals leave out, and where a difference is called one: 5 %, both sides together."""


def quantile(level: float = LEVEL) -> float:
    """z for a two-sided interval that leaves out `level`."""
    return NormalDist().inv_cdf(1 - level / 2)


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n` rows."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """hits / n; None of no rows."""
        return self.hits / self.n if self.n else None

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Wilson's score interval; all of 0..1 where there are no rows."""
        return wilson(self.hits, self.n, quantile(level))


def wilson(hits: int, n: int, z: float) -> tuple[float, float]:
    """The interval of shares p for which `hits` of `n` is within z standard errors of p.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22, p. 209-212:
    (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n). It stays within 0..1 and holds for shares near the ends.
    """
    if not n:
        return 0.0, 1.0
    p, square = hits / n, z * z
    centre = p + square / (2 * n)
    reach = z * math.sqrt(p * (1 - p) / n + square / (4 * n * n))
    low, high = (centre - reach) / (1 + square / n), (centre + reach) / (1 + square / n)
    # Rounding must not put the share itself outside.
    return max(0.0, min(low, p)), min(1.0, max(high, p))


def newcombe(before: Share, after: Share, level: float = LEVEL) -> tuple[float, float]:
    """The interval of after - before for two independent sets of rows, at least one row each.

    Newcombe (1998), "Interval estimation for the difference between independent proportions", Statistics in Medicine
    17, p. 873-890, method 10: Wilson's limits of both, put together as squares.
    """
    p1, p2 = before.hits / before.n, after.hits / after.n
    low1, high1 = before.interval(level)
    low2, high2 = after.interval(level)
    difference = p2 - p1
    low = difference - math.hypot(p2 - low2, high1 - p1)
    high = difference + math.hypot(high2 - p2, p1 - low1)
    return max(-1.0, low), min(1.0, high)


def mcnemar(worse: int, better: int) -> float:
    """p of at least so uneven a split, both sides, if a changed row were as likely to get better as worse.

    The exact form of McNemar (1947), "Note on the sampling error of the difference between correlated proportions",
    Psychometrika 12, p. 153-157: a binomial test of the rows that changed; those that did not say nothing.
    """
    n = worse + better
    tail, term = 0, 1
    for k in range(min(worse, better) + 1):
        tail += term
        term = term * (n - k) // (k + 1)
    # Python divides whole numbers of any size rightly.
    return min(1.0, float(2 * tail / (1 << n)))
