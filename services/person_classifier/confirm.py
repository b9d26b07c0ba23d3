"""The second look: the tiny detector, on cuts about what the first one proposed.

It turns away what the first takes for faces (a cat at 0.91), and tells which way up a face is.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from person_classifier.boxes import Box, Rows, clip, overlap, suppress
from person_classifier.crops import square, turned
from sluice.errors import TerminalError
from sluice.models.opened import Model
from sluice.pixels import Rgb, letterbox, resize

SIDE = 224
CELL = 32
ANCHORS = np.array(
    [(1.603231, 2.094468), (6.041143, 7.080126), (2.882459, 3.518061), (4.266906, 5.178857), (9.041765, 10.66308)]
)
"""Width and height in cells; face-api's TinyFaceDetector."""
MOST_OVERLAP = 0.4

CUTS = (2.0, 3.0)
"""Margins of the cuts of a second look."""
SAME_PLACE = 0.3
FAINT = 0.05

TURNS = (0, -20, 20, -40, 40, -65, 65, -90, 90, 180)
"""Degrees. The first is preferred."""
WIDE = 2.4
LARGEST = 480
LIKELY = 0.3
BETTER = 0.02
"""By how much a turn has to be liked better than the ones before it."""


@dataclass(frozen=True, slots=True, eq=False)
class Upright:
    """A picture in which the face at `box` stands upright, and how far it was turned for that."""

    rgb: Rgb
    box: Box
    degrees: int


async def second_look(model: Model, rgb: Rgb, box: Box) -> float:
    """0..1: the best score that the tiny detector gives to a face in the same place. Raises TerminalError."""
    cuts = [square(rgb, box, margin) for margin in CUTS]
    found = await look(model, cuts, FAINT)
    best = 0.0
    for cut, margin, rows in zip(cuts, CUTS, found, strict=True):
        middle, half = len(cut) / 2, len(cut) / margin / 2
        here = np.array([[middle - half, middle - half, middle + half, middle + half]])
        scores = [float(row[0]) for row in rows if overlap(row[1:], here)[0] > SAME_PLACE]
        best = max(best, *scores, 0.0)
    return best


async def upright(model: Model, rgb: Rgb, box: Box) -> Upright:
    """The turn in which the tiny detector likes the face best; as it stands where it likes none."""
    wide = square(rgb, box, WIDE)
    if len(wide) > LARGEST:
        wide = resize(wide, LARGEST, LARGEST)
    # The search sees SIDE pixels anyway: what is turned for it is that small, and only the winner is turned whole.
    small = resize(wide, SIDE, SIDE)
    views = await asyncio.to_thread(lambda: [_turned(small, degrees) for degrees in TURNS])
    found = await look(model, views, LIKELY)
    best, top, at = None, 0.0, box
    for degrees, rows in zip(TURNS, found, strict=True):
        if len(rows) and rows[0, 0] > top + BETTER:
            best, top, at = degrees, float(rows[0, 0]), rows[0, 1:] * (len(wide) / SIDE)
    if best is None:
        return Upright(rgb, box, 0)
    return Upright(await asyncio.to_thread(_turned, wide, best), at, best)


async def look(model: Model, pictures: Sequence[Rgb], least: float) -> list[Rows]:
    """Faces in each picture, best first, scores above `least`, in its own pixels. One batch."""
    views = await asyncio.to_thread(lambda: [letterbox(picture, SIDE) for picture in pictures])
    out = await model.engine.run({"pixels": np.stack([view for view, _ in views])})
    found: list[Rows] = []
    for grid, (_, factor), picture in zip(out["grid"], views, pictures, strict=True):
        rows = decode(grid, factor)
        rows = clip(rows[rows[:, 0] > least], picture.shape[1], picture.shape[0])
        found.append(suppress(rows, MOST_OVERLAP))
    return found


def decode(grid: npt.NDArray[np.float32], factor: float) -> Rows:
    """The network's answer for one view, (rows, columns, 25), to every box that it considered.

    Raises TerminalError where the answer is not numbers.
    """
    if not np.isfinite(grid).all():
        raise TerminalError("the second face detector's answer is not a number")
    rows, columns = grid.shape[:2]
    cells = grid.reshape(rows, columns, len(ANCHORS), 5).astype(np.float64)
    x = (np.arange(columns)[None, :, None] + _sigmoid(cells[..., 0])) * CELL
    y = (np.arange(rows)[:, None, None] + _sigmoid(cells[..., 1])) * CELL
    half = np.exp(np.clip(cells[..., 2:4], None, 8)) * ANCHORS * (CELL / 2)
    corners = (x - half[..., 0], y - half[..., 1], x + half[..., 0], y + half[..., 1])
    boxes = np.stack([_sigmoid(cells[..., 4]), *(corner / factor for corner in corners)], axis=-1)
    return np.asarray(boxes.reshape(-1, 5))


def _turned(rgb: Rgb, degrees: int) -> Rgb:
    return turned(rgb, degrees) if degrees else rgb


def _sigmoid(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))))
