"""Runs a new pack: does it answer, for any batch, always the same, and with what?"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sluice.errors import SluiceError
from sluice.models import classify, fit, golden
from sluice.models.add.wishes import AddError
from sluice.models.classify import Rows
from sluice.models.golden import Golden
from sluice.models.opened import Model
from sluice.pixels import Rgb

Progress = Callable[[str], None]

NOISE = 1e-3
"""How far one answer may be from another that should be the same, as a share of the range of all outputs: float32
sums in another order differ by less, 16-bit ones by about as much."""


@dataclass(frozen=True, slots=True)
class Answers:
    """`golden`: known answers for the card. `probable`: every row is numbers from 0 to 1 that add up to 1."""

    golden: Golden
    within: bool
    probable: bool


async def probe(model: Model, progress: Progress) -> Answers:
    """Asks for five pictures one by one, two together, five together, and five in the other order.

    Raises AddError where the model fails, where an answer depends on the batch, or where all answers are the same.
    """
    pixels = fit.batch(pictures(), classify.contract_of(model.card))
    progress(f"{model.card.name}: running {len(pixels)} pictures one by one, then in batches of 2 and 5")
    alone = [(await _ask(model, pixels[index : index + 1]))[0] for index in range(len(pixels))]
    if not all(math.isfinite(value) for row in alone for value in row):
        raise AddError("some of its outputs are not finite numbers")
    extent = max(map(max, alone)) - min(map(min, alone))
    spread = max(max(column) - min(column) for column in zip(*alone, strict=True))
    if spread <= 1e-6 * max(extent, 1e-6):
        raise AddError("it gives the same outputs for five different pictures: is its input used at all?")
    for chosen in ([0, 1], [0, 1, 2, 3, 4], [4, 3, 2, 1, 0]):
        together = await _ask(model, pixels[chosen])
        off = max(_distance(row, alone[index]) for index, row in zip(chosen, together, strict=True))
        if off > NOISE * extent:
            raise AddError(
                f"a picture's outputs change by {off:.3g} with the pictures beside it, of a range of {extent:.3g}. "
                "Export the network in evaluation mode, and quantise it without ranges taken over a batch"
            )
    rows = {name: tuple(_rounded(value) for value in alone[index]) for index, name in enumerate(golden.PICTURES)}
    # Never so wide that one picture's answer would pass for another's.
    tolerance = max(NOISE * extent, min(10 * NOISE * extent, spread / 4), 1e-6)
    within = all(-1e-3 <= value <= 1 + 1e-3 for row in alone for value in row)
    probable = within and all(abs(sum(row) - 1) < 1e-3 for row in alone)
    return Answers(Golden(rows, _rounded(tolerance)), within, probable)


def pictures() -> list[Rgb]:
    """The golden pictures, and others made of them: five different ones."""
    known = [draw() for draw in golden.PICTURES.values()]
    ramp, blocks = known[0], known[1]
    return [*known, ramp[::-1, :, ::-1].copy(), 255 - blocks, blocks.transpose(1, 0, 2).copy()]


async def _ask(model: Model, pixels: npt.NDArray[np.uint8]) -> Rows:
    try:
        return await classify.rows(model, np.ascontiguousarray(pixels))
    except SluiceError as error:
        raise AddError(
            f"it cannot run a batch of {len(pixels)}: {error}. Is a size fixed inside the graph?"
        ) from error


def _distance(one: Sequence[float], other: Sequence[float]) -> float:
    off = max(abs(a - b) for a, b in zip(one, other, strict=True))
    return off if math.isfinite(off) else math.inf


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
