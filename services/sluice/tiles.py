"""The picture that tiles were cut from, put together again."""

from collections.abc import Sequence

import numpy as np

from sluice.check import Item
from sluice.errors import TerminalError
from sluice.pixels import Rgb

LONGEST = 1600
"""Pixels: the long side of the version that ingest cuts tiles from."""


def compose(item: Item, tiles: Sequence[Rgb]) -> tuple[Rgb, bool]:
    """The picture, and whether the tiles cover all of it; what they do not cover is black.

    `tiles`: those of the item, decoded. Raises TerminalError where one lies outside of any version that ingest makes.
    """
    width = max(place.left + place.width for place in item.tiles)
    height = max(place.top + place.height for place in item.tiles)
    if max(width, height) > LONGEST or min(min(place.left, place.top) for place in item.tiles) < 0:
        raise TerminalError(f"the tiles do not lie within a version of {LONGEST} pixels")
    out = np.zeros((height, width, 3), np.uint8)
    seen = np.zeros((height, width), np.bool_)
    for place, tile in zip(item.tiles, tiles, strict=True):
        area = (slice(place.top, place.top + tile.shape[0]), slice(place.left, place.left + tile.shape[1]))
        out[area] = tile
        seen[area] = True
    return out, bool(seen.all()) and _whole(item, width, height)


def _whole(item: Item, width: int, height: int) -> bool:
    """Whether the version is that size, but for a pixel of rounding: tiles missing at an edge leave no gap."""
    scale = min(1.0, LONGEST / max(item.width, item.height, 1))
    return width >= item.width * scale - 1 and height >= item.height * scale - 1
