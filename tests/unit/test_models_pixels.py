"""Renditions to arrays, and arrays to the squares that networks take."""

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from sluice.check import Picture
from sluice.errors import TerminalError
from sluice.pixels import decode, encode, letterbox, resize

WIDE = np.full((60, 120, 3), (200, 100, 50), np.uint8)


def test_a_rendition_comes_back() -> None:
    picture = encode(WIDE, left=7, top=9)
    assert (picture.width, picture.height, picture.left, picture.top) == (120, 60, 7, 9)
    assert np.abs(decode(picture).astype(int) - WIDE).max() <= 3


def test_a_grey_rendition_has_three_channels() -> None:
    out = io.BytesIO()
    Image.new("L", (8, 4), 77).save(out, "JPEG")
    assert decode(Picture(out.getvalue(), 8, 4)).shape == (4, 8, 3)


def png() -> Picture:
    out = io.BytesIO()
    Image.fromarray(WIDE).save(out, "PNG")
    return Picture(out.getvalue(), 120, 60)


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (dataclasses.replace(encode(WIDE), width=121), "claims another size"),
        (encode(np.zeros((1601, 1601, 3), np.uint8)), "claims another size"),
        (dataclasses.replace(encode(WIDE), data=encode(WIDE).data[:200]), "cannot be decoded"),
        (Picture(b"", 1, 1), "cannot be decoded"),
        (png(), "cannot be decoded"),
    ],
)
def test_what_is_no_rendition_is_refused(picture: Picture, message: str) -> None:
    with pytest.raises(TerminalError, match=message):
        decode(picture)


def test_resizing_to_the_same_size_changes_nothing() -> None:
    assert resize(WIDE, 120, 60) is WIDE
    assert resize(WIDE, 30, 15).shape == (15, 30, 3)


@pytest.mark.parametrize(("fill", "factor", "rows", "columns"), [(1.0, 0.5, 30, 60), (0.5, 0.25, 15, 30)])
def test_a_letterbox_is_black_right_and_below(fill: float, factor: float, rows: int, columns: int) -> None:
    out, scaled = letterbox(WIDE, 60, fill)
    assert (out.shape, scaled) == ((60, 60, 3), factor)
    assert (out[:rows, :columns] == (200, 100, 50)).all()
    assert not out[rows:].any()
    assert not out[:, columns:].any()
