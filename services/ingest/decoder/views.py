"""Every look that a picture has, and which of them differ so much that each has to be judged by itself.

What most viewers show is one look: the first frame, on a white page, in the colours of its profile. Others see other
things: later frames, a dark page behind what is transparent, the colours under what is transparent (a program that
drops the alpha channel, as many that feed pictures to models do), the colours without the profile.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from PIL import Image

from ingest.decoder.answer import Trouble, UnreadableError, View
from ingest.decoder.borders import without_border
from ingest.decoder.colour import change
from ingest.decoder.pixels import eight_bits, shrunk, stored_rgb, turned
from ingest.decoder.renditions import TILED_SIDE, tiles, whole
from ingest.decoder.sniff import Format
from sluice.hashing import PDQ_MIN_QUALITY, Rgb, pdq_dihedral

VISIBLE = 16
"""Levels of 255, as the mean over a block, by which two looks differ at least where something can be seen in one
that cannot be seen in the other. Ours: a letter of ten pixels in full contrast is 30 to 60, GIF's dithering up to
10."""
OTHER_COLOURS = 32
"""The same for colours with and without profile: Display P3 and Adobe RGB stay below it on photographs."""

_BLOCKS = 64
"""Blocks along the long side, of 4 to 16 pixels a side."""

_Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Look:
    """One way in which a picture is seen. `make`: the picture at full size, RGB, not turned; made when it is wanted,
    since two of them beside each other are most of a large picture's memory. `hashed`: what its PDQ is of."""

    what: str
    make: Callable[[], Image.Image]
    hashed: Callable[[], Image.Image]
    differs_by: int = VISIBLE


def looks(image: Image.Image, form: Format, data: bytes, frame: str = "") -> Iterator[Look]:
    """Everything that one decoded frame shows to somebody, the usual first. `frame`: its name, or empty."""
    image = eight_bits(image)
    managed = change(image, form, data)
    name = f"{frame} " if frame else ""

    def stored() -> Image.Image:
        return stored_rgb(image)

    def shown() -> Image.Image:
        return stored() if managed is None else managed(image)

    if not _transparent(image):
        yield Look(f"{name}as shown", shown, stored)
    else:
        yield Look(f"{name}on white", partial(_on_page, shown, image, "white"), stored)
        black = partial(_on_page, shown, image, "black")
        yield Look(f"{name}on black", black, black)
        yield Look(f"{name}without transparency", stored, stored)
    if managed is not None:
        plain = partial(_on_page, stored, image, "white") if _transparent(image) else stored
        yield Look(f"{name}without its profile", plain, plain, OTHER_COLOURS)


class Chosen:
    """The looks that are judged. Everything that was offered is one of them, or near one of them."""

    def __init__(self, turn: int, most: int, borders: bool = False) -> None:
        """`turn`: EXIF orientation of them all; `most`: how many there may be; `borders`: hash without them, too."""
        self._turn = turn
        self._most = most
        self._borders = borders
        self._seen: list[_Pixels] = []
        self.views: list[View] = []

    def offer(self, look: Look) -> None:
        """Takes a look that differs from those before it. Raises UnreadableError where that is one too many."""
        small = shrunk(look.make(), TILED_SIDE)
        pixels = np.asarray(small)
        if not all(differ(pixels, other, look.differs_by) for other in self._seen):
            return
        if len(self.views) == self._most:
            raise UnreadableError(Trouble.ANIMATED, f"more than {self._most} frames or looks that differ")
        self._seen.append(pixels)
        upright = turned(small, self._turn)
        hashes, quality = self._hashes(np.asarray(look.hashed()))
        self.views.append(View(look.what, hashes, quality, whole(upright), tiles(upright)))

    def _hashes(self, rgb: Rgb) -> tuple[tuple[bytes, ...], int]:
        """Eight; and eight of the part within a border that was found and taken off, unless that is too plain."""
        hashes, quality = pdq_dihedral(rgb)
        inner = without_border(rgb) if self._borders and quality >= PDQ_MIN_QUALITY else None
        if inner is None:
            return hashes, quality
        more, quality_within = pdq_dihedral(inner)
        return (hashes + more if quality_within >= PDQ_MIN_QUALITY else hashes), quality


def differ(one: _Pixels, other: _Pixels, levels: int) -> bool:
    """Whether two pictures of one size differ by more than `levels` in the mean over any block."""
    if one is other:
        return False
    height, width = one.shape[:2]
    side = min(16, max(4, max(height, width) // _BLOCKS))
    apart = np.maximum(one, other) - np.minimum(one, other)
    worst = np.pad(apart.max(axis=2), ((0, -height % side), (0, -width % side)), mode="edge")
    blocks = worst.reshape(worst.shape[0] // side, side, worst.shape[1] // side, side)
    return bool(blocks.mean(axis=(1, 3), dtype=np.float32).max() > levels)


def _transparent(image: Image.Image) -> bool:
    """Whether any pixel is less than opaque."""
    return image.has_transparency_data and _alpha(image).getextrema() != (255, 255)


def _alpha(image: Image.Image) -> Image.Image:
    return (image if image.mode in {"RGBA", "LA", "PA"} else image.convert("RGBA")).getchannel("A")


def _on_page(colours: Callable[[], Image.Image], image: Image.Image, page: str) -> Image.Image:
    out = Image.new("RGB", image.size, page)
    out.paste(colours(), mask=_alpha(image))
    return out
