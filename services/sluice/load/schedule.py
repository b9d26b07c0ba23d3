"""One run as it shall be: when each request is due, and of which kind it is. Pure."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sluice.load.arrivals import Arrivals, Times, arrival_times
from sluice.load.mix import KINDS, WITH_PICTURE, Mix

MOST_REQUESTS: Final = 1_000_000
"""Of one run: a few hundred bytes of each are held in memory."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """`due`: seconds, in order. `kinds`: places in KINDS. What is due before `warm_up` is sent and not measured."""

    rate: float
    warm_up: float
    seconds: float
    due: Times
    kinds: npt.NDArray[np.uint8]

    @property
    def end(self) -> float:
        """When the last could be due, in seconds."""
        return self.warm_up + self.seconds

    @property
    def pictures(self) -> int:
        """How many requests carry one."""
        return int(np.isin(self.kinds, [KINDS.index(kind) for kind in WITH_PICTURE]).sum())


def make_schedule(how: Arrivals, rate: float, warm_up: float, seconds: float, mix: Mix, seed: int) -> Schedule:
    """The schedule that a seed gives. `rate`: requests a second; `warm_up` and then `seconds` long."""
    due = arrival_times(how, rate, warm_up + seconds, seed)
    # Kinds have a seed of their own: the same draws would tie a request's kind to the gap before it.
    return Schedule(rate, warm_up, seconds, due, mix.draw(len(due), seed + 1))
