"""A picture put together from what the host fetched."""

import dataclasses

import numpy as np
import pytest

from person_classifier.frame import brighten, brightening, frame_of
from sluice.check import Item, Kind
from sluice.errors import TerminalError
from sluice.pixels import encode
from tests.unit.pictures import item, photograph

LARGE = np.tile(photograph("chelsea"), (3, 3, 1))
"""900 x 1353, tiled at that size."""


def test_a_small_picture_is_its_rendition() -> None:
    frame = frame_of(item(photograph("chelsea")))
    assert frame.picture is frame.rendition
    assert (frame.tiles, frame.scale, frame.complete) == ((), 1.0, True)


def test_tiles_are_put_back_together() -> None:
    frame = frame_of(item(LARGE))
    assert frame.picture.shape == LARGE.shape
    assert frame.complete
    assert frame.scale == pytest.approx(1353 / 512, abs=0.01)
    assert np.abs(frame.picture.astype(int) - LARGE).mean() < 4


def test_a_hole_between_the_tiles_makes_it_incomplete() -> None:
    whole = item(LARGE)
    assert not frame_of(dataclasses.replace(whole, tiles=(whole.tiles[0], whole.tiles[-1]))).complete


def test_a_large_picture_without_tiles_is_incomplete() -> None:
    assert not frame_of(dataclasses.replace(item(LARGE), tiles=())).complete


@pytest.mark.parametrize(("left", "top"), [(1590, 0), (0, 1590), (-1, 0)])
def test_tiles_outside_of_any_version_are_refused(left: int, top: int) -> None:
    tile = encode(np.zeros((64, 64, 3), np.uint8), left, top)
    with pytest.raises(TerminalError, match="the tiles do not lie within"):
        frame_of(dataclasses.replace(item(LARGE), tiles=(tile,)))


def test_no_rendition() -> None:
    with pytest.raises(TerminalError, match="no rendition"):
        frame_of(Item("c0", Kind.IMAGE))


@pytest.mark.parametrize(("top", "gain"), [(255, 1.0), (128, 1.0), (100, 2.5), (25, 10.0), (0, 250.0)])
def test_only_dark_pictures_are_stretched(top: int, gain: float) -> None:
    assert brightening(np.full((4, 4, 3), top, np.uint8)) == gain


def test_brightening_stops_at_white() -> None:
    pixels = np.array([[[1, 100, 200]]], np.uint8)
    assert brighten(pixels, 2.0).tolist() == [[[2, 200, 255]]]
    assert brighten(pixels, 1.0) is pixels


def test_the_tiles_are_stretched_by_the_rendition_s_factor() -> None:
    frame = frame_of(item((LARGE * 0.2).astype(np.uint8)))
    assert frame.picture.mean() == pytest.approx(frame.rendition.mean(), rel=0.05)
    assert frame.picture.max() > 200
