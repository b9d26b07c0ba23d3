"""The smaller copies that checks look at: one of the whole picture, and tiles, for small text and small faces."""

import io

from PIL import Image

from ingest.decoder.pixels import shrunk
from sluice.check import Picture

RENDITION_SIDE = 512
TILED_SIDE = 1600
TILE = 640
STEP = TILE * 3 // 4
"""Tiles overlap by a quarter, so that whatever is smaller than 160 pixels lies whole in one of them."""
_QUALITY = 95


def whole(image: Image.Image) -> Picture:
    """The copy of the whole picture: long side at most 512 pixels. `image`: RGB."""
    return _encoded(shrunk(image, RENDITION_SIDE))


def tiles(image: Image.Image) -> tuple[Picture, ...]:
    """Squares of 640 pixels, narrower only where the picture is, in reading order. `image`: RGB, long side <= 1600.

    None where the rendition already shows every pixel.
    """
    if max(image.size) <= RENDITION_SIDE:
        return ()
    return tuple(
        _encoded(image.crop((left, top, min(left + TILE, image.width), min(top + TILE, image.height))), left, top)
        for top in starts(image.height)
        for left in starts(image.width)
    )


def starts(length: int) -> list[int]:
    """Where tiles begin along one side: every 480 pixels, the last one flush with the edge."""
    last = max(0, length - TILE)
    return [*range(0, last, STEP), last]


def _encoded(image: Image.Image, left: int = 0, top: int = 0) -> Picture:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return Picture(out.getvalue(), image.width, image.height, left, top)
