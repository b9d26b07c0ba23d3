"""How old a face looks, and whether that can be relied on."""

import asyncio
import math
from dataclasses import dataclass

import numpy as np

from person_classifier.boxes import Box
from person_classifier.crops import mirrored, softened, square
from sluice.errors import TerminalError
from sluice.models.opened import Model
from sluice.pixels import Rgb, resize

SIDE = 112
MARGINS = (1.0, 1.1, 1.2)
"""Of the cuts. From 1.3 on the estimates of one face spread."""
MOVES = ((0.0, -0.12), (0.0, 0.12), (-0.12, 0.0), (0.12, 0.0))
"""Right and down, in sides of the box. What a cover or a filter makes of a face depends on where the cut lies."""
MOVED_MARGIN = 1.1

ERROR_SD = 4.5 * math.sqrt(math.pi / 2)
"""5.64 years: the standard deviation of a Gaussian error of 4.5 years on average, as the authors report for it."""


@dataclass(frozen=True, slots=True)
class Age:
    """`years`: the mean over six views. `spread`: their standard deviation. `softened`: the mean without the finest
    detail, which noise moves and a clean face does not. `moved`, `moved_spread`: mean and standard deviation over
    four cuts beside the face's middle."""

    years: float
    spread: float
    softened: float
    moved: float
    moved_spread: float

    @property
    def youngest(self) -> float:
        """The lowest of the three means: the reading that rules go by. Not a number where one of them is none."""
        return float(np.min([self.years, self.softened, self.moved]))

    @property
    def sd(self) -> float:
        """Years: the network's error and the spread of its views together, taken as independent."""
        return math.hypot(ERROR_SD, self.spread)

    @property
    def minor(self) -> float:
        """The probability of being under 18, were `youngest` off by a Gaussian error of `sd`. A model of the error;
        nobody here measured it on minors."""
        return share_under(18.0, self.youngest, self.sd)


def share_under(limit: float, years: float, sd: float) -> float:
    """How much of a Gaussian about `years` lies under `limit`."""
    return 0.5 * math.erfc((years - limit) / (sd * math.sqrt(2)))


async def estimate(model: Model, rgb: Rgb, box: Box) -> Age:
    """Sixteen views of an upright face in one batch.

    Raises TerminalError where the model fails or answers what is not a number.
    """
    views = await asyncio.to_thread(views_of, rgb, box)
    out = await model.engine.run({"pixels": np.stack(views)})
    years = out["age"][:, 0].astype(np.float64)
    if not np.isfinite(years).all():
        raise TerminalError("the age network's answer is not a number")
    plain, soft, moved = np.split(years, [2 * len(MARGINS), 4 * len(MARGINS)])
    return Age(float(plain.mean()), float(plain.std()), float(soft.mean()), float(moved.mean()), float(moved.std()))


def views_of(rgb: Rgb, box: Box) -> list[Rgb]:
    """Six plain views (three margins, each with its mirror image), the same softened, then the moved ones."""
    cuts = [square(rgb, box, margin) for margin in MARGINS]
    plain, soft = ([change(cut, SIDE) for cut in cuts] for change in (_sized, softened))
    side = max(box[2] - box[0], box[3] - box[1])
    moved = [square(rgb, box + np.array([right, down, right, down]) * side, MOVED_MARGIN) for right, down in MOVES]
    return [*plain, *map(mirrored, plain), *soft, *map(mirrored, soft), *(_sized(cut, SIDE) for cut in moved)]


def _sized(rgb: Rgb, side: int) -> Rgb:
    return resize(rgb, side, side)
