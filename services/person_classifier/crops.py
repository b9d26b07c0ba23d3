"""Cuts about a face."""

import numpy as np
from PIL import Image, ImageFilter

from person_classifier.boxes import Box
from sluice.pixels import Rgb, resize

GREY = (128, 128, 128)


def square(rgb: Rgb, box: Box, margin: float) -> Rgb:
    """The square about a box, `margin` times its longer side; what lies outside of the picture is edge colour."""
    left, top, right, bottom = (float(value) for value in box)
    side = max(right - left, bottom - top) * margin
    pixels = max(2, round(side))
    rows = round((top + bottom) / 2 - side / 2) + np.arange(pixels)
    columns = round((left + right) / 2 - side / 2) + np.arange(pixels)
    height, width = rgb.shape[:2]
    return rgb[np.clip(rows, 0, height - 1)[:, None], np.clip(columns, 0, width - 1)[None, :]]


def turned(rgb: Rgb, degrees: float) -> Rgb:
    """Rotated counter-clockwise about the middle, the corners grey."""
    image = Image.fromarray(rgb)
    return np.asarray(image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=GREY))


def mirrored(rgb: Rgb) -> Rgb:
    """Left and right exchanged."""
    return np.ascontiguousarray(rgb[:, ::-1])


def softened(rgb: Rgb, side: int) -> Rgb:
    """At `side` pixels, without its finest detail: a median of 3 and a blur of 1 pixel."""
    image = Image.fromarray(resize(rgb, side, side)).filter(ImageFilter.MedianFilter(3))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(1)))
