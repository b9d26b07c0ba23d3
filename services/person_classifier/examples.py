"""Harmless pictures with known answers, drawn by code: nobody is in them."""

from collections.abc import Sequence

import numpy as np

from sluice.check import Example, Item, Kind, Person, Picture, Result, Status
from sluice.pixels import Rgb, encode


def examples() -> Sequence[Example]:
    """A gradient, the same in tiles, and one whose tiles were lost. The first is the readiness canary."""
    small = _gradient(192, 256)
    large = _gradient(512, 900)
    rendition = encode(_gradient(291, 512))
    tiles = (encode(large[:, :640]), encode(large[:, 260:], left=260))
    return (
        Example("nobody", Item("c0", Kind.IMAGE, width=256, height=192, rendition=encode(small)), _nobody),
        Example("nobody, in tiles", _large(rendition, tiles), _nobody),
        Example("tiles lost", _large(rendition, ()), _uncertain),
    )


def _large(rendition: Picture, tiles: tuple[Picture, ...]) -> Item:
    return Item("c0", Kind.IMAGE, width=900, height=512, rendition=rendition, tiles=tiles)


def _nobody(result: Result) -> bool:
    return result.status is Status.OK and result.person is Person.NONE and result.signals["faces"] == 0


def _uncertain(result: Result) -> bool:
    """Nothing was found, but not all of it was looked at: never NONE."""
    return result.status is Status.OK and result.person is Person.AGE_UNKNOWN


def _gradient(height: int, width: int) -> Rgb:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([columns * 255 // width, rows * 255 // height, 255 - columns * 255 // width], axis=2).astype(
        np.uint8
    )
