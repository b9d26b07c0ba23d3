"""Where faces may be: the SSD detector over the picture at half size, whole, and in tiles.

At half size it finds big, turned, covered or blurred faces that it misses in the whole picture; tiles are for the
small ones.
"""

import asyncio

import numpy as np
import numpy.typing as npt

from person_classifier.boxes import Rows, clip, suppress
from person_classifier.frame import Frame, Tile
from sluice.errors import TerminalError
from sluice.models.opened import Model
from sluice.pixels import Rgb, letterbox

SIDE = 512
PROPOSAL = 0.3
"""Least score of a proposal."""
MOST_OVERLAP = 0.5
MOST_INSIDE = 0.8
BATCH = 8
EDGE = 0.02
"""A box that ends within this share of a tile's side of an inner edge is a face cut in two."""


async def propose(model: Model, frame: Frame) -> Rows:
    """Boxes in pixels of the frame's picture, best first, scores above PROPOSAL. Raises TerminalError."""
    height, width = frame.picture.shape[:2]
    views = await asyncio.to_thread(views_of, frame)
    answers = await _run(model, [view for view, _ in views])
    found = [decode(*answer, factor) for answer, (_, factor) in zip(answers, views, strict=True)]
    for rows in found[:2]:
        rows[:, 1:] *= frame.scale
    for index, tile in enumerate(frame.tiles):
        found[2 + index] = place(found[2 + index], tile, width, height)
    return suppress(clip(np.concatenate(found), width, height), MOST_OVERLAP, MOST_INSIDE)


def views_of(frame: Frame) -> list[tuple[Rgb, float]]:
    """The rendition at half size and whole, then every tile; each with the factor that it was scaled by."""
    views = [letterbox(frame.rendition, SIDE, 0.5), letterbox(frame.rendition, SIDE)]
    return views + [letterbox(tile.rgb, SIDE) for tile in frame.tiles]


def decode(box: npt.NDArray[np.float32], score: npt.NDArray[np.float32], factor: float) -> Rows:
    """The network's answer for one view: boxes as fractions of the square, to rows in pixels before letterboxing.

    Raises TerminalError where the answer is not numbers: "no face" must be something that the network said.
    """
    if not (np.isfinite(score).all() and np.isfinite(box).all()):
        raise TerminalError("the face detector's answer is not a number")
    likely = score > PROPOSAL
    corners = box[likely][:, [1, 0, 3, 2]].astype(np.float64) * (SIDE / factor)
    return np.concatenate([score[likely].astype(np.float64)[:, None], corners], axis=1)


def place(rows: Rows, tile: Tile, width: int, height: int) -> Rows:
    """A tile's boxes in the picture, without those that an inner edge cut: another view has them whole."""
    tall, wide = tile.rgb.shape[:2]
    near = EDGE * max(tall, wide)
    cut = ((tile.left > 0) & (rows[:, 1] < near)) | ((tile.top > 0) & (rows[:, 2] < near))
    cut |= (tile.left + wide < width) & (rows[:, 3] > wide - near)
    cut |= (tile.top + tall < height) & (rows[:, 4] > tall - near)
    whole: Rows = rows[~cut] + np.array([0, tile.left, tile.top, tile.left, tile.top], np.float64)
    return whole


async def _run(model: Model, views: list[Rgb]) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    answers: list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]] = []
    for at in range(0, len(views), BATCH):
        out = await model.engine.run({"pixels": np.stack(views[at : at + BATCH])})
        answers += zip(out["box"], out["score"], strict=True)
    return answers
