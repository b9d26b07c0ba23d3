"""What is looked at: pictures drawn by code, with about as many bytes a pixel as photographs have."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SQUARE = (1024, 1024)
CAMERA = (4032, 3024)
"""Width and height of twelve megapixels, as cameras of telephones make them."""
GRAIN = 6.2
"""Standard deviation of the noise, in levels of 255: at quality 85 it gives about 0.22 bytes a pixel."""
QUALITY = 85
WORDS = "MARKET SQUARE\nopen every day until nine"
SHAPES = 24


@dataclass(frozen=True, slots=True)
class Sample:
    """An encoded picture. `key`: its name in the JSON line."""

    name: str
    key: str
    data: bytes


def samples() -> list[Sample]:
    """The three that every stage is measured on."""
    square = draw(SQUARE, seed=1)
    return [
        _sample("1024 x 1024 JPEG", "jpeg_1024", square, "JPEG"),
        _sample("1024 x 1024 PNG", "png_1024", square, "PNG"),
        _sample("4032 x 3024 JPEG", "jpeg_12mp", draw(CAMERA, seed=2), "JPEG"),
    ]


def draw(size: tuple[int, int], seed: int) -> Image.Image:
    """A soft light, shapes, two lines of writing, and grain all over. RGB; the same for the same seed."""
    width, height = size
    pick = np.random.default_rng(seed)
    corners = pick.integers(40, 216, (2, 2, 3), np.uint8)
    image = Image.fromarray(corners).resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    for _ in range(SHAPES):
        left, top = int(pick.integers(0, width)), int(pick.integers(0, height))
        across, down = (int(pick.integers(width // 32, width // 4)) for _ in range(2))
        box, colour = (left, top, left + across, top + down), tuple(int(each) for each in pick.integers(0, 256, 3))
        (pen.ellipse if pick.random() < 0.5 else pen.rectangle)(box, fill=colour)
    band = (width // 16, height // 2, width - width // 16, height // 2 + height // 6)
    pen.rectangle(band, fill=(244, 240, 226))
    font = ImageFont.load_default(size=width / 18)
    pen.multiline_text((band[0] + width // 40, band[1] + height // 60), WORDS, fill=(30, 30, 40), font=font)
    grain = pick.standard_normal((height, width, 1), np.float32) * np.float32(GRAIN)
    return Image.fromarray(np.clip(np.asarray(image, np.float32) + grain, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, form: str) -> bytes:
    """JPEG of quality 85 with colours at half size, as most programs write it, or PNG."""
    out = io.BytesIO()
    options = {"quality": QUALITY, "subsampling": "4:2:0"} if form == "JPEG" else {}
    image.save(out, form, **options)
    return out.getvalue()


def _sample(name: str, key: str, image: Image.Image, form: str) -> Sample:
    return Sample(name, key, encoded(image, form))
