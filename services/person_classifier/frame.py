"""A picture as this check sees it: the rendition for big faces, tiles for small ones, one frame for all boxes."""

from dataclasses import dataclass

import numpy as np

from sluice.check import Item, Picture
from sluice.errors import TerminalError
from sluice.pixels import Rgb, decode

DARK = 128
"""A picture is dark where its 99.5th percentile is under this: nothing in it is brighter than mid-grey."""


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A cut of the frame's picture. `left`, `top` in its pixels."""

    rgb: Rgb
    left: int
    top: int


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """`picture`: the largest version there is, in whose pixels boxes are given; it is the rendition itself where
    there are no tiles. `scale`: its width over the rendition's. `complete`: every pixel of it was there to be
    looked at; a frame that is not complete can never be called empty."""

    rendition: Rgb
    picture: Rgb
    tiles: tuple[Tile, ...]
    scale: float
    complete: bool


def frame_of(item: Item) -> Frame:
    """Decodes and puts together what the host fetched. Raises TerminalError where any of it cannot be read."""
    if item.rendition is None:
        raise TerminalError("no rendition")
    rendition = decode(item.rendition)
    gain = brightening(rendition)
    rendition = brighten(rendition, gain)
    if not item.tiles:
        smaller = max(item.width, item.height) > max(rendition.shape[:2])
        return Frame(rendition, rendition, (), 1.0, not smaller)
    tiles = tuple(Tile(brighten(decode(tile), gain), tile.left, tile.top) for tile in item.tiles)
    picture, complete = compose(item.tiles, tiles)
    return Frame(rendition, picture, tiles, picture.shape[1] / rendition.shape[1], complete)


def compose(places: tuple[Picture, ...], tiles: tuple[Tile, ...]) -> tuple[Rgb, bool]:
    """The picture that the tiles were cut from, and whether they cover all of it.

    Raises TerminalError for tiles that lie outside of any version that ingest makes.
    """
    width = max(place.left + place.width for place in places)
    height = max(place.top + place.height for place in places)
    if max(width, height) > 1600 or min(min(place.left, place.top) for place in places) < 0:
        raise TerminalError("the tiles do not lie within a version of 1600 pixels")
    out = np.zeros((height, width, 3), np.uint8)
    seen = np.zeros((height, width), np.bool_)
    for tile in tiles:
        rows, columns = tile.rgb.shape[:2]
        out[tile.top : tile.top + rows, tile.left : tile.left + columns] = tile.rgb
        seen[tile.top : tile.top + rows, tile.left : tile.left + columns] = True
    return out, bool(seen.all())


def brightening(rgb: Rgb) -> float:
    """The factor that stretches a dark picture to the full range; 1.0 where it is not dark.

    In very dark pictures neither detector finds a face that both find once it is stretched.
    """
    top = float(np.percentile(rgb, 99.5))
    return 1.0 if top >= DARK else 250 / max(top, 1.0)


def brighten(rgb: Rgb, gain: float) -> Rgb:
    """Multiplies and clips."""
    return rgb if gain == 1.0 else np.clip(rgb * np.float32(gain), 0, 255).astype(np.uint8)
