"""Colours for fields of numbers, and words on pictures."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sluice.hashing import Rgb
from sluice.samples.noise import Field

Colour = tuple[int, int, int]


def ramp(field: Field, stops: tuple[Colour, ...]) -> Rgb:
    """Colours for values in 0..1: `stops` at equal distances, blended in between."""
    places = np.linspace(0.0, 1.0, len(stops))
    channels = [np.interp(field, places, [stop[channel] for stop in stops]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def write(rgb: Rgb, text: str, scale: int, top: int) -> Rgb:
    """A copy with `text` in black on a white strip, centred, `top` pixels down. `scale` enlarges Pillow's small
    built-in bitmap letters, which need no font file and no FreeType."""
    font = ImageFont.load_default_imagefont()
    left, upper, right, lower = (int(edge) for edge in font.getbbox(text))
    letters = Image.new("L", (right - left + 8, lower - upper + 4), 255)
    ImageDraw.Draw(letters).text((4, 2), text, fill=0, font=font)
    strip = np.asarray(letters.resize((letters.width * scale, letters.height * scale), Image.Resampling.NEAREST))
    start = (rgb.shape[1] - strip.shape[1]) // 2
    if start < 0 or top + strip.shape[0] > rgb.shape[0]:
        raise ValueError(f"{text!r} at scale {scale} does not fit into {rgb.shape[1]}x{rgb.shape[0]} pixels")
    out = rgb.copy()
    out[top : top + strip.shape[0], start : start + strip.shape[1]] = strip[..., None]
    return out
