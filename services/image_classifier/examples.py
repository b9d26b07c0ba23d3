"""Harmless pictures with known answers, drawn by code."""

from collections.abc import Sequence

import numpy as np

from sluice.check import Example, Item, Kind, Result, Status
from sluice.pixels import Rgb, encode


def examples() -> Sequence[Example]:
    """A gradient and a landscape of three bands. The gradient is the readiness canary."""
    return (
        Example("gradient", _item(_gradient()), _harmless),
        Example("bands", _item(_bands()), _harmless),
    )


def _harmless(result: Result) -> bool:
    """Scored, not sexual, and open about what nobody looked at."""
    return result.status is Status.OK and result.scores["sexual"] < 0.5 and "violence" in result.abstained


def _item(rgb: Rgb) -> Item:
    height, width = rgb.shape[:2]
    return Item("c0", Kind.IMAGE, width=width, height=height, rendition=encode(rgb))


def _gradient() -> Rgb:
    rows, columns = np.mgrid[0:192, 0:256]
    return np.stack([columns, rows, 255 - columns], axis=2).astype(np.uint8)


def _bands() -> Rgb:
    out = np.zeros((240, 320, 3), np.uint8)
    for band, colour in enumerate(((120, 170, 220), (90, 130, 60), (70, 50, 30))):
        out[band * 80 : (band + 1) * 80] = colour
    return out
