"""A picture as this check sees it: the rendition for big faces, tiles for small ones, one frame for all boxes."""

from dataclasses import dataclass

import numpy as np

from sluice.check import Item
from sluice.errors import TerminalError
from sluice.pixels import Rgb, decode
from sluice.tiles import compose

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
    """`shown`: the rendition as it came; the rest is stretched where that is dark. `picture`: the largest version
    there is, in whose pixels boxes are given; the rendition where there are no tiles. `scale`: its width over the
    rendition's. `complete`: every pixel of it was there to be looked at; a frame that is not complete can never be
    called empty."""

    shown: Rgb
    rendition: Rgb
    picture: Rgb
    tiles: tuple[Tile, ...]
    scale: float
    complete: bool


def frame_of(item: Item) -> Frame:
    """Decodes and puts together what the host fetched. Raises TerminalError where any of it cannot be read."""
    if item.rendition is None:
        raise TerminalError("no rendition")
    shown = decode(item.rendition)
    gain = brightening(shown)
    rendition = brighten(shown, gain)
    if not item.tiles:
        smaller = max(item.width, item.height) > max(rendition.shape[:2])
        return Frame(shown, rendition, rendition, (), 1.0, not smaller)
    tiles = tuple(Tile(brighten(decode(tile), gain), tile.left, tile.top) for tile in item.tiles)
    picture, complete = compose(item, [tile.rgb for tile in tiles])
    return Frame(shown, rendition, picture, tiles, picture.shape[1] / rendition.shape[1], complete)


def brightening(rgb: Rgb) -> float:
    """The factor that stretches a dark picture to the full range; 1.0 where it is not dark.

    In very dark pictures neither detector finds a face that both find once it is stretched.
    """
    top = float(np.percentile(rgb, 99.5))
    return 1.0 if top >= DARK else 250 / max(top, 1.0)


def brighten(rgb: Rgb, gain: float) -> Rgb:
    """Multiplies and clips."""
    return rgb if gain == 1.0 else np.clip(rgb * np.float32(gain), 0, 255).astype(np.uint8)
