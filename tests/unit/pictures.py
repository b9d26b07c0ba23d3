"""Pictures as a check gets them: what ingest would have made of them."""

import numpy as np
import numpy.typing as npt
from skimage import data

from sluice.check import Item, Kind
from sluice.pixels import Rgb, encode, resize

TILE, OVERLAP, LARGEST, RENDITION = 640, 0.25, 1600, 512


def photograph(name: str) -> Rgb:
    """One of scikit-image's pictures, RGB."""
    found: npt.NDArray[np.uint8] = getattr(data, name)()
    return np.stack([found] * 3, axis=2) if found.ndim == 2 else found


def item(rgb: Rgb) -> Item:
    """A rendition of at most 512 pixels and, for larger pictures, tiles."""
    height, width = rgb.shape[:2]
    tiles = tuple(
        encode(np.ascontiguousarray(version[top : top + TILE, left : left + TILE]), left, top)
        for version in ([shrunk(rgb, LARGEST)] if max(height, width) > RENDITION else [])
        for top in starts(version.shape[0])
        for left in starts(version.shape[1])
    )
    rendition = encode(shrunk(rgb, RENDITION))
    return Item("c0", Kind.IMAGE, width=width, height=height, rendition=rendition, tiles=tiles)


def shrunk(rgb: Rgb, most: int) -> Rgb:
    height, width = rgb.shape[:2]
    factor = min(1.0, most / max(height, width))
    return resize(rgb, round(width * factor), round(height * factor))


def starts(length: int) -> list[int]:
    if length <= TILE:
        return [0]
    count = int(np.ceil((length - TILE) / (TILE * (1 - OVERLAP)))) + 1
    return [round(at) for at in np.linspace(0, length - TILE, count)]
