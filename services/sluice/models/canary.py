"""A known question to a model, and whether its answer can be believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sluice.models import fit
from sluice.models.card import Card, Tensor
from sluice.models.engine import Arrays
from sluice.models.golden import CANARY, PICTURES

SIDE: Final = 64
"""A side that varies. Fully convolutional networks want multiples of 32."""
TOLERANCE: Final = 0.02
"""Of the golden answer's largest value. Wide enough for a GPU's half precision; other weights are far off."""


@dataclass(frozen=True, slots=True)
class Canary:
    """`question`: one row per input. `golden`: the answer where it is known. `tolerance`: how far a number of it may
    be off; None: TOLERANCE of its largest."""

    question: Arrays
    golden: Arrays | None = None
    tolerance: float | None = None

    def wrong(self, answer: Arrays) -> str:
        """What is wrong with the answer, or an empty text. Names, types and sides were compared with the card."""
        for name, values in answer.items():
            if not np.isfinite(values).all():
                return f"{name} is not finite"
            if self.golden is not None and not self._agrees(values, self.golden[name]):
                return f"{name} is not the answer of the card's weights"
        return ""

    def _agrees(self, values: npt.NDArray[Any], golden: npt.NDArray[Any]) -> bool:
        if values.shape != golden.shape:
            return False
        if golden.dtype.kind != "f":
            # The place of a maximum: rounding moves a few of them, other weights most.
            return bool(np.mean(values != golden) <= 0.25)
        allowed = self.tolerance or TOLERANCE * max(1e-3, float(np.abs(golden).max(initial=0.0)))
        return bool(np.abs(values - golden).max(initial=0.0) <= allowed)


def of_card(card: Card) -> Canary:
    """What can be asked by whoever has only the card. A picture classifier is asked its golden picture; any other
    model a pattern, and its answer must have the card's form and be numbers."""
    if card.picture is not None and card.golden is not None:
        pixels = fit.batch([PICTURES[CANARY]()], card.picture)
        golden = np.array([card.golden.rows[CANARY]], np.dtype(card.outputs[0].dtype))
        return Canary({card.inputs[0].name: pixels}, {card.outputs[0].name: golden}, card.golden.tolerance)
    return Canary(pattern(card))


def pattern(card: Card) -> Mapping[str, npt.NDArray[Any]]:
    """One row per input, the same everywhere. Pixels are noise of all grey levels or, where a side varies, strokes as
    of letters; whole numbers are ones, a word that every vocabulary has; floats are a ramp from 0 to 1."""
    return {tensor.name: _fill(tensor) for tensor in card.inputs}


def _fill(tensor: Tensor) -> npt.NDArray[Any]:
    shape = (1, *(side if isinstance(side, int) else SIDE for side in tensor.shape[1:]))
    dtype = np.dtype(tensor.dtype)
    if dtype == np.uint8 and len(shape) == 4 and shape[1:] != tensor.shape[1:]:
        return _strokes(*shape)
    if dtype == np.uint8:
        steps = np.arange(np.prod(shape), dtype=np.int64)
        return (steps * 37 % 256).astype(np.uint8).reshape(shape)
    if dtype.kind == "f":
        return np.linspace(0.0, 1.0, int(np.prod(shape))).astype(dtype).reshape(shape)
    return np.ones(shape, dtype)


def _strokes(rows: int, height: int, width: int, channels: int) -> npt.NDArray[np.uint8]:
    """Black on white: "I" on the left, "H" on the right. A blank page would make every reader say the same."""
    y, x = np.mgrid[0:height, 0:width]
    tall = (y > height // 5) & (y < height * 4 // 5)
    bar = (x >= width // 2) & (abs(y - height // 2) < 2)
    black = ((x % 16 < 4) & tall | bar) & (x > 8) & (x < width - 8)
    page = np.where(black, 0, 255).astype(np.uint8)
    return np.broadcast_to(page[None, :, :, None], (rows, height, width, channels)).copy()
