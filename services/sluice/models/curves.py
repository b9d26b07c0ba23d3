"""Calibration: from what a network says to a share of pictures for which it is right.

Both forms rise everywhere, so that a calibrated score never changes the order of two pictures.
"""

import bisect
import itertools
import math
from dataclasses import dataclass

from sluice.models.fields import Fields

_EDGE = 1e-7
"""Probabilities are kept this far from 0 and 1 before their logit is taken."""


@dataclass(frozen=True, slots=True)
class Platt:
    """Platt scaling: 1 / (1 + exp(-(slope * logit(p) + offset))). Source of the form: J. Platt, "Probabilistic
    outputs for support vector machines", 1999, here on the logit of a probability. Slope 1 and offset 0 change
    nothing."""

    slope: float
    offset: float

    def __call__(self, value: float) -> float:
        p = min(max(value, _EDGE), 1 - _EDGE)
        x = self.slope * math.log(p / (1 - p)) + self.offset
        return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


@dataclass(frozen=True, slots=True)
class Table:
    """Points (said, meant), from 0 to 1, joined by straight lines. What isotonic regression gives fits here."""

    said: tuple[float, ...]
    meant: tuple[float, ...]

    def __call__(self, value: float) -> float:
        right = min(max(bisect.bisect_right(self.said, value), 1), len(self.said) - 1)
        left = right - 1
        share = (value - self.said[left]) / (self.said[right] - self.said[left])
        return self.meant[left] + min(max(share, 0.0), 1.0) * (self.meant[right] - self.meant[left])


Curve = Platt | Table


def read_curve(fields: Fields) -> Curve:
    """`{slope: 1.2, offset: -0.4}` or `{said: [0, 0.5, 1], meant: [0, 0.2, 1]}`. Raises CardError."""
    if "said" in fields.names():
        said, meant = fields.numbers("said"), fields.numbers("meant")
        if len(said) < 2 or (said[0], said[-1]) != (0, 1) or not _rises(said, strictly=True):
            raise fields.wrong("said", "numbers from 0 to 1 that begin with 0, end with 1, and rise")
        if len(meant) != len(said) or not 0 <= meant[0] <= meant[-1] <= 1 or not _rises(meant, strictly=False):
            raise fields.wrong("meant", "as many numbers from 0 to 1, which never fall")
        return Table(said, meant)
    slope, offset = fields.number("slope"), fields.number("offset", 0)
    if slope <= 0:
        raise fields.wrong("slope", "more than 0: scores must rise with what the network says")
    return Platt(slope, offset)


def _rises(values: tuple[float, ...], strictly: bool) -> bool:
    pairs = itertools.pairwise(values)
    return all(a < b or (a == b and not strictly) for a, b in pairs)
