"""Tiles, put together again."""

import numpy as np
import pytest

from sluice.check import Item, Kind, Picture
from sluice.errors import TerminalError
from sluice.pixels import Rgb
from sluice.tiles import LONGEST, compose

Part = tuple[Picture, Rgb]


def tile(value: int, width: int, height: int, left: int, top: int) -> Part:
    return Picture(b"", width, height, left, top), np.full((height, width, 3), value, np.uint8)


def composed(width: int, height: int, *parts: Part) -> tuple[Rgb, bool]:
    item = Item("c0", Kind.IMAGE, width=width, height=height, tiles=tuple(place for place, _ in parts))
    return compose(item, [rgb for _, rgb in parts])


def test_overlapping_tiles_make_the_picture() -> None:
    picture, complete = composed(14, 9, tile(10, 8, 6, 0, 0), tile(20, 8, 6, 6, 0), tile(30, 14, 4, 0, 5))
    assert picture.shape == (9, 14, 3)
    assert complete
    assert picture[0, [0, 13], 0].tolist() == [10, 20]
    assert (picture[5:] == 30).all()


def test_a_gap_shows() -> None:
    picture, complete = composed(17, 6, tile(10, 8, 6, 0, 0), tile(20, 8, 6, 9, 0))
    assert not complete
    assert (picture[:, 8] == 0).all()


@pytest.mark.parametrize(("width", "height", "whole"), [(8, 6, True), (9, 6, True), (11, 6, False), (8, 9, False)])
def test_a_missing_edge_shows(width: int, height: int, whole: bool) -> None:
    assert composed(width, height, tile(10, 8, 6, 0, 0))[1] is whole


def test_a_larger_picture_is_measured_by_its_version() -> None:
    assert composed(3200, 1000, tile(10, 1600, 500, 0, 0))[1]
    assert not composed(3200, 1000, tile(10, 1598, 500, 0, 0))[1]
    assert not composed(3200, 1200, tile(10, 1600, 500, 0, 0))[1]


@pytest.mark.parametrize(("left", "top"), [(LONGEST - 7, 0), (0, LONGEST - 5), (-1, 0), (0, -1)])
def test_tiles_outside_of_any_version_are_refused(left: int, top: int) -> None:
    with pytest.raises(TerminalError, match="1600 pixels"):
        composed(8, 6, tile(1, 8, 6, left, top))
