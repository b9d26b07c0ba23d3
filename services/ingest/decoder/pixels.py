"""From whatever a file stores to eight-bit RGB: as it is stored, and as a viewer shows it."""

import struct

import numpy as np
from PIL import Image
from PIL.ExifTags import Base

from ingest.decoder.answer import Trouble, UnreadableError

_DIRECT = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV"})
_SIXTEEN_BITS = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
_BITS_PER_SAMPLE = 258
_PHOTOMETRIC = 262
_BLACK_IS_ZERO = 1

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation (Exif 3.0, tag 0x0112) -> what puts the picture upright. Pillow's angles are counter-clockwise."""


def eight_bits(image: Image.Image) -> Image.Image:
    """The decoded picture with eight bits a channel.

    Pillow clips 16-bit greys to white where it converts them, which would hide a picture from every check: they are
    scaled here. Raises UnreadableError for samples that different viewers show differently: floats, signed or
    32-bit integers, other bit depths, Lab.
    """
    if image.mode in _DIRECT:
        return image
    if image.mode in _SIXTEEN_BITS and _plain_grey(image):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    raise UnreadableError(Trouble.UNDECODABLE, f"pixels of mode {image.mode}")


def _plain_grey(image: Image.Image) -> bool:
    """Whether the samples use all their 16 bits and grow with brightness. Only TIFF can say otherwise."""
    tags = getattr(image, "tag_v2", None)
    return tags is None or (tags.get(_BITS_PER_SAMPLE) == (16,) and tags.get(_PHOTOMETRIC) == _BLACK_IS_ZERO)


def stored_rgb(image: Image.Image) -> Image.Image:
    """The colours as they are stored: transparency dropped, orientation ignored, as tools that make hash lists do."""
    return image if image.mode == "RGB" else image.convert("RGB")


def shrunk(image: Image.Image, long_side: int) -> Image.Image:
    """A copy whose long side is at most `long_side`; never larger than the picture. `image`: RGB."""
    scale = long_side / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 where there is none, or none that can be read: viewers ignore a broken one.

    What XMP says of it counts for no viewer, and so not here. Pillow has put HEIC and TIFF upright already, and
    writes down AVIF's own turns as EXIF.
    """
    exif = Image.Exif()
    try:
        exif.load(image.info.get("exif") or b"")
        found = exif.get(Base.Orientation)
    except (OSError, SyntaxError, ValueError, LookupError, ArithmeticError, TypeError, RuntimeError, struct.error):
        return 1
    return found if isinstance(found, int) and found in _TURNS else 1


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """The picture put upright."""
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)
