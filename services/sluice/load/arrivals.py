"""When requests are due. Pure."""

from enum import StrEnum

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.float64]
"""Seconds after a run's clock started."""


class Arrivals(StrEnum):
    """POISSON: as many strangers who do not know of each other ask, in bursts and gaps. CONSTANT: like a clock."""

    POISSON = "poisson"
    CONSTANT = "constant"


def arrival_times(how: Arrivals, rate: float, seconds: float, seed: int) -> Times:
    """The moments within `seconds` at which a request is due, in order; `rate` of them a second.

    CONSTANT: exactly one every 1 / rate, the first at 0. POISSON: gaps are exponential with that mean, so their count
    varies from seed to seed with the variance rate * seconds.
    """
    if how is Arrivals.CONSTANT:
        # A product, not a sum of gaps: rounding does not add up over a million of them.
        found = np.arange(np.ceil(rate * seconds)) / rate
        return found[found < seconds]
    random = np.random.default_rng(seed)
    mean = rate * seconds
    # Ten deviations more than are to be expected; the loop is there for the one draw in 10^23 that wants more.
    found = np.cumsum(random.exponential(1 / rate, int(mean + 10 * np.sqrt(mean) + 10)))
    while found[-1] < seconds:
        found = np.append(found, found[-1] + random.exponential(1 / rate))
    return found[found < seconds]
