"""Generated pictures for tests of looking up: small scenes of blobs and boxes, others for every seed."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from sluice.hashing import Rgb
from sluice.samples.noise import clouds


def scene(seed: int, side: int = 512, details: int = 0) -> Rgb:
    """`seed`: where things are. `details`: which small things lie on them, and their texture."""
    source = np.random.default_rng([seed, 1])
    image = Image.new("RGB", (side, side), tuple(int(value) for value in source.integers(40, 220, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(9):
        x, y = source.uniform(0.1, 0.9, 2) * side
        wide, high = source.uniform(0.06, 0.2, 2) * side
        fill = tuple(int(value) for value in source.integers(0, 255, 3))
        shape = draw.ellipse if source.random() < 0.6 else draw.rectangle
        shape((x - wide, y - high, x + wide, y + high), fill=fill)
    small = np.random.default_rng([seed, details, 2])
    for _ in range(90):
        x, y = small.uniform(0, side, 2)
        size = float(small.uniform(0.004, 0.012)) * side
        draw.ellipse((x - size, y - size, x + size, y + size), fill=tuple(map(int, small.integers(0, 255, 3))))
    texture = 30 * (clouds(seed * 97 + details, side, side, side // 24, 3) - 0.5)
    out: Rgb = (np.asarray(image, np.float64) + texture[..., None]).clip(0, 255).astype(np.uint8)
    return out


def encoded(rgb: Rgb, form: str = "PNG", **options: int) -> bytes:
    """As a file."""
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, form, **options)
    return out.getvalue()


def changed(rgb: Rgb, change: Callable[[Image.Image], Image.Image]) -> Rgb:
    """By something that Pillow does."""
    return np.asarray(change(Image.fromarray(rgb)).convert("RGB"))


def framed(picture: Image.Image) -> Image.Image:
    """Smaller, and not in the middle, on a light page with a bar."""
    out = Image.new("RGB", (900, 640), (240, 240, 240))
    out.paste((30, 30, 30), (40, 40, 120, 600))
    out.paste(picture.resize((560, 560)), (300, 50))
    return out


def cropped(picture: Image.Image) -> Image.Image:
    """Eleven per cent off one side, less off the others."""
    width, height = picture.size
    return picture.crop((round(0.11 * width), round(0.03 * height), round(0.98 * width), round(0.93 * height)))


def turned(picture: Image.Image) -> Image.Image:
    """By three degrees, the corners black."""
    return picture.rotate(3, Image.Resampling.BICUBIC)
