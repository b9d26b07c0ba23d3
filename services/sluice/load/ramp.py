"""The highest rate that keeps a promise, in few runs. Pure."""

import math
from dataclasses import dataclass, field


@dataclass(slots=True)
class Ramp:
    """Asks for `low`, for `high`, and then for the middle between the highest rate that kept the promise and the
    lowest that broke it, `steps` times. The middle is that of ratios: between 1 and 100 it is 10.

    One run is one sample: near the edge, another might have gone the other way.
    """

    low: float
    high: float
    steps: int
    kept: float | None = field(default=None, init=False)
    broken: float | None = field(default=None, init=False)

    def next(self) -> float | None:
        """The rate to run at next; None where there is nothing more to find out."""
        if self.kept is None:
            return self.low if self.broken is None else None
        if self.broken is None:
            return self.high if self.kept < self.high else None
        if self.steps <= 0:
            return None
        self.steps -= 1
        return math.sqrt(self.kept * self.broken)

    def tell(self, rate: float, kept: bool) -> None:
        """How a run went."""
        if kept:
            self.kept = rate if self.kept is None else max(self.kept, rate)
        else:
            self.broken = rate if self.broken is None else min(self.broken, rate)
