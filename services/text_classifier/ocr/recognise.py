"""What a line says: cut out, brought to 48 pixels of height, read by a network."""

import asyncio
from dataclasses import dataclass
from math import ceil, cos, sin
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from sluice.errors import NotReadyError, TerminalError
from sluice.models.convert.ppocr import CHARACTERS
from sluice.models.opened import Model
from sluice.pixels import Rgb
from text_classifier.ocr.rectangle import Rectangle

NAME = "ppocr_rec"
HEIGHT = 48
STEP = 160
"""Widths are padded to a multiple of this, grey, which is zero to the network."""
GREY = 127
STRIDE = 8
"""Pixels per step of the network: no line is narrower."""
LONGEST = 6400
"""Pixels at a height of 48, about 260 letters. What is longer is pressed together."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`text` as it stands there; `confidence`: the mean probability of its characters, 0 where there are none."""

    text: str
    confidence: float


NOTHING = Reading("", 0.0)


def load_characters(path: Path) -> tuple[str, ...]:
    """The characters that the network knows, in the order of its classes after "nothing". Raises NotReadyError."""
    try:
        return tuple(path.read_text(encoding="utf-8").split("\n"))
    except (OSError, UnicodeDecodeError) as error:
        raise NotReadyError(f"{CHARACTERS} cannot be read; run: sluice models pull {NAME}") from error


async def recognise(model: Model, characters: tuple[str, ...], picture: Image.Image, area: Rectangle) -> Reading:
    """Reads along the rectangle's width. Each line is a call of its own, so that none depends on its neighbours.

    Raises TerminalError where the network fails, or answers with what is no character or no number.
    """
    line = await asyncio.to_thread(cut, picture, area)
    answer = await model.engine.run({"pixels": line[None]})
    return decode(answer["index"][0], answer["probability"][0], characters)


def width_of(area: Rectangle) -> int:
    """Pixels that the line is wide once it is 48 high."""
    return min(LONGEST, max(STRIDE, ceil(HEIGHT * area.width / max(area.height, 1.0))))


def cut(picture: Image.Image, area: Rectangle) -> Rgb:
    """The rectangle, upright, 48 pixels high, as wide as it is then; padded on the right."""
    width, height = max(1, round(area.width)), max(1, round(area.height))
    along, across = (cos(area.angle), sin(area.angle)), (-sin(area.angle), cos(area.angle))
    left = area.x - along[0] * area.width / 2 - across[0] * area.height / 2
    top = area.y - along[1] * area.width / 2 - across[1] * area.height / 2
    upright = picture.transform(
        (width, height),
        Image.Transform.AFFINE,
        (along[0], across[0], left, along[1], across[1], top),
        Image.Resampling.BICUBIC,
    )
    line = np.asarray(upright.resize((width_of(area), HEIGHT), Image.Resampling.BICUBIC))
    return np.pad(line, ((0, 0), (0, -line.shape[1] % STEP), (0, 0)), constant_values=GREY)


def decode(
    index: npt.NDArray[np.int64], probability: npt.NDArray[np.float32], characters: tuple[str, ...]
) -> Reading:
    """One character per run of equal steps, without those that say "nothing" (Graves et al., 2006: best path)."""
    if not np.isfinite(probability).all() or index.min() < 0 or index.max() > len(characters):
        raise TerminalError("the text reader's answer is no text")
    kept = (index != 0) & (np.diff(index, prepend=0) != 0)
    if not kept.any():
        return NOTHING
    text = "".join(characters[one - 1] for one in index[kept].tolist())
    return Reading(text, float(probability[kept].mean()))
