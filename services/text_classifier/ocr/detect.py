"""Where lines of text are: a network's map of probabilities, and rectangles around what it marks.

After "Real-time Scene Text Detection with Differentiable Binarization" (Liao et al., 2020): the network marks the
middle of each line, shrunk by a share of its size, so that lines stay apart; rectangles are grown back.
"""

import asyncio
from dataclasses import dataclass

import numpy as np

from sluice.errors import TerminalError
from sluice.models.opened import Model
from sluice.pixels import Rgb
from text_classifier.ocr.rectangle import Rectangle, smallest
from text_classifier.ocr.regions import Floats, Region, regions

NAME = "ppocr_det"
MARKED = 0.3
"""Least probability of a pixel that belongs to a line."""
CERTAIN = 0.5
"""Least mean probability over a line."""
GROWTH = 1.6
"""Rectangles grow by area * GROWTH / perimeter, as the network was trained to shrink them. MARKED, CERTAIN and GROWTH
are RapidOCR's defaults."""
SMALLEST = 3.0
"""Pixels: a mark that is thinner is a speck."""
BLOCK = 960
"""Pixels on a side that the network sees at once: bounds its memory."""
CONTEXT = 64
"""Pixels around a block that it sees as well, and another block answers for."""
STEP = 32
"""The network takes sides that are multiples of this."""
MOST_REGIONS = 4096
"""Marks in one map. Even a page of small print has a tenth of that."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line, or a part of one, in pixels of the picture that was looked at."""

    area: Rectangle
    score: float


async def detect(model: Model, picture: Rgb) -> list[Mark]:
    """The lines of a picture. Raises TerminalError where the network fails or answers with what is no number."""
    probability = await _map(model, picture)
    return await asyncio.to_thread(_marks, probability)


async def _map(model: Model, picture: Rgb) -> Floats:
    """(height, width): the network's answer, block by block."""
    height, width = picture.shape[:2]
    out = np.zeros((height, width), np.float32)
    for top in range(0, height, BLOCK):
        for left in range(0, width, BLOCK):
            above, before = min(top, CONTEXT), min(left, CONTEXT)
            seen = picture[top - above : top + BLOCK + CONTEXT, left - before : left + BLOCK + CONTEXT]
            answer = await model.engine.run({"pixels": _padded(seen)[None]})
            found = answer["probability"][0]
            if not np.isfinite(found).all():
                raise TerminalError("the text detector's answer is not a number")
            wanted = out[top : top + BLOCK, left : left + BLOCK]
            wanted[:] = found[above : above + wanted.shape[0], before : before + wanted.shape[1]]
    return out


def _padded(picture: Rgb) -> Rgb:
    """To sides that the network takes, by repeating the last row and column: a border is no edge of a letter."""
    height, width = picture.shape[:2]
    return np.pad(picture, ((0, -height % STEP), (0, -width % STEP), (0, 0)), mode="edge")


def _marks(probability: Floats) -> list[Mark]:
    found = regions(probability, MARKED)
    likely = [region for region in found if region.mean >= CERTAIN]
    if len(likely) > MOST_REGIONS:
        likely = sorted(likely, key=lambda region: -len(region.points))[:MOST_REGIONS]
    return [mark for region in likely if (mark := _mark(region)) is not None]


def _mark(region: Region) -> Mark | None:
    area = smallest(region.points)
    if area.height < SMALLEST:
        return None
    distance = area.width * area.height * GROWTH / (2 * (area.width + area.height))
    return Mark(area.grown(distance), region.mean)
