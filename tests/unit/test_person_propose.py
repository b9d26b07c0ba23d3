"""Decoding the proposing network, and tiles whose edges cut faces."""

import math

import numpy as np
import pytest

from person_classifier.frame import Tile
from person_classifier.propose import decode, place
from sluice.errors import TerminalError


def test_fractions_of_the_square_become_pixels() -> None:
    box = np.array([[0.25, 0.5, 0.5, 0.75], [0, 0, 1, 1]], np.float32)
    found = decode(box, np.array([0.5, 0.3], np.float32), 2.0)
    assert found.tolist() == [[0.5, 128, 64, 192, 128]]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_answer_that_is_no_number_is_not_an_empty_one(value: float) -> None:
    box = np.zeros((1, 4), np.float32)
    with pytest.raises(TerminalError, match="not a number"):
        decode(box, np.array([value], np.float32), 1.0)
    with pytest.raises(TerminalError, match="not a number"):
        decode(box + np.float32(value), np.array([0.5], np.float32), 1.0)


@pytest.mark.parametrize(
    ("left", "top", "box", "kept"),
    [
        (0, 0, (5, 5, 50, 50), True),
        (0, 0, (600, 5, 639, 50), False),
        (0, 0, (5, 600, 50, 639), False),
        (360, 360, (0, 100, 50, 150), False),
        (360, 360, (100, 0, 150, 50), False),
        (360, 360, (600, 600, 639, 639), True),
    ],
)
def test_what_an_inner_edge_cuts_is_left_to_other_views(
    left: int, top: int, box: tuple[float, ...], kept: bool
) -> None:
    tile = Tile(np.zeros((640, 640, 3), np.uint8), left, top)
    found = place(np.array([(0.9, *box)]), tile, 1000, 1000)
    shifted = [0.9, box[0] + left, box[1] + top, box[2] + left, box[3] + top]
    assert found.tolist() == ([shifted] if kept else [])
