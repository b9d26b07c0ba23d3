"""How old a face looks, and whether that can be relied on."""

import asyncio
from dataclasses import dataclass

import numpy as np

from person_classifier.boxes import Box
from person_classifier.crops import mirrored, softened, square
from sluice.models.opened import Model
from sluice.pixels import Rgb, resize

SIDE = 112
MARGINS = (1.0, 1.1, 1.2)
"""Of the cuts. From 1.3 on the estimates of one face spread."""


@dataclass(frozen=True, slots=True)
class Age:
    """`years`: the mean over six views. `spread`: their standard deviation. `softened`: the mean without the finest
    detail, which noise moves and a clean face does not."""

    years: float
    spread: float
    softened: float


async def estimate(model: Model, rgb: Rgb, box: Box) -> Age:
    """Six views of an upright face (three margins, each with its mirror image), plain and softened, in one batch.

    Raises TerminalError where the model fails.
    """
    views = await asyncio.to_thread(views_of, rgb, box)
    out = await model.engine.run({"pixels": np.stack(views)})
    plain, soft = out["age"][:, 0].astype(np.float64).reshape(2, -1)
    return Age(float(plain.mean()), float(plain.std()), float(soft.mean()))


def views_of(rgb: Rgb, box: Box) -> list[Rgb]:
    """The six plain views, then the six softened ones, each SIDE x SIDE."""
    cuts = [square(rgb, box, margin) for margin in MARGINS]
    cuts += [mirrored(cut) for cut in cuts]
    return [resize(cut, SIDE, SIDE) for cut in cuts] + [softened(cut, SIDE) for cut in cuts]
