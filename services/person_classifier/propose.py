"""Where faces may be: the SSD detector over the picture at half size, whole, and in tiles.

At half size it finds big, turned, covered or blurred faces that it misses in the whole picture; tiles are for the
small ones.
"""

import asyncio
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from person_classifier.boxes import Rows, clip, rows_of, suppress
from person_classifier.frame import Frame, Tile
from sluice.models.opened import Model
from sluice.pixels import Rgb, letterbox

SIDE = 512
PROPOSAL = 0.3
"""Least score of a proposal."""
MOST_OVERLAP = 0.5
MOST_INSIDE = 0.8
BATCH = 8
FEATURELESS = 8
"""Levels. A tile in which no two values are further apart is one even area: there is nothing in it to find."""
EDGE = 0.02
"""A box that ends within this share of a tile's side of an inner edge is a face cut in two."""


async def propose(model: Model, frame: Frame) -> Rows:
    """Boxes in pixels of the frame's picture, best first, scores above PROPOSAL. Raises TerminalError."""
    height, width = frame.picture.shape[:2]
    tiles = [tile for tile in frame.tiles if int(tile.rgb.max()) - int(tile.rgb.min()) > FEATURELESS]
    views = await asyncio.to_thread(views_of, frame.rendition, tiles)
    answers = await _run(model, [view for view, _ in views])
    found = [rows_of(*answer, PROPOSAL, SIDE / factor) for answer, (_, factor) in zip(answers, views, strict=True)]
    for rows in found[:2]:
        rows[:, 1:] *= frame.scale
    for index, tile in enumerate(tiles, start=2):
        found[index] = place(found[index], tile, width, height)
    return suppress(clip(np.concatenate(found), width, height), MOST_OVERLAP, MOST_INSIDE)


def views_of(rendition: Rgb, tiles: Sequence[Tile]) -> list[tuple[Rgb, float]]:
    """The rendition at half size and whole, then every tile; each with the factor that it was scaled by."""
    views = [letterbox(rendition, SIDE, 0.5), letterbox(rendition, SIDE)]
    return views + [letterbox(tile.rgb, SIDE) for tile in tiles]


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
