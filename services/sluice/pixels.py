"""Our own renditions as arrays: uint8, (height, width, 3), RGB.

What a stranger sent is never decoded here; that is ingest's work. These JPEGs were made by ingest, and are still
checked against the size that they claim before a pixel is read.
"""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from sluice.check import Picture
from sluice.errors import TerminalError

MOST_PIXELS = 1600 * 1600
"""Renditions and tiles come from a version whose long side is at most 1600 pixels."""

QUALITY = 95
"""JPEG quality of renditions."""

Rgb = npt.NDArray[np.uint8]
"""Shape (height, width, 3)."""


def decode(picture: Picture) -> Rgb:
    """The pixels of a rendition or tile.

    Raises TerminalError where the bytes are not a JPEG of exactly the size that the picture claims.
    """
    try:
        with Image.open(io.BytesIO(picture.data), formats=["JPEG"]) as image:
            if image.size != (picture.width, picture.height) or image.width * image.height > MOST_PIXELS:
                raise TerminalError(f"a rendition of {image.width}x{image.height} pixels claims another size")
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise TerminalError("a rendition cannot be decoded") from error


def encode(rgb: Rgb, left: int = 0, top: int = 0) -> Picture:
    """Pixels as ingest would hand them to a check."""
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "JPEG", quality=QUALITY)
    return Picture(out.getvalue(), rgb.shape[1], rgb.shape[0], left, top)


def resize(rgb: Rgb, width: int, height: int) -> Rgb:
    """Bilinear, with the support widened for shrinking so that nothing is skipped over."""
    if rgb.shape[:2] == (height, width):
        return rgb
    return np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.BILINEAR))


def letterbox(rgb: Rgb, side: int, fill: float = 1.0) -> tuple[Rgb, float]:
    """The picture in a black square, at the top left, its long side `side * fill` pixels; and the factor that
    picture pixels were multiplied by."""
    height, width = rgb.shape[:2]
    factor = side * fill / max(height, width)
    small = resize(rgb, max(1, round(width * factor)), max(1, round(height * factor)))
    out = np.zeros((side, side, 3), np.uint8)
    out[: small.shape[0], : small.shape[1]] = small
    return out, factor
