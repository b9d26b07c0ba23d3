"""What a sample is: a name, pixels, and their encoded form."""

import io
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from sluice.hashing import Rgb

MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
}
"""Pillow's name of a format -> media type."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A generated picture. `rgb` is (height, width, 3) of uint8 and read-only; `data` is it as PNG."""

    name: str
    rgb: Rgb = field(repr=False)
    data: bytes = field(repr=False)
    media_type: str = "image/png"

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.rgb.shape[0])

    def encoded(self, picture_format: str, quality: int = 90) -> bytes:
        """The picture in another of Pillow's formats (`MEDIA_TYPES`). `quality` is for the lossy ones."""
        return encode(self.rgb, picture_format, quality)


def sample(name: str, rgb: Rgb) -> Sample:
    """Freezes the pixels and encodes them."""
    pixels = np.ascontiguousarray(rgb)
    pixels.setflags(write=False)
    return Sample(name=name, rgb=pixels, data=encode(pixels, "PNG"))


def encode(rgb: Rgb, picture_format: str, quality: int = 90) -> bytes:
    """Encodes pixels with Pillow, without metadata: the same pixels give the same bytes."""
    out = io.BytesIO()
    image = Image.fromarray(rgb)
    if picture_format in ("JPEG", "WEBP", "AVIF"):
        image.save(out, picture_format, quality=quality)
    else:
        image.save(out, picture_format)
    return out.getvalue()
