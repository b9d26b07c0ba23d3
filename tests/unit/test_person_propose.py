"""Tiles whose edges cut faces, and tiles with nothing in them."""

import numpy as np
import pytest

from person_classifier.frame import Tile
from person_classifier.propose import place


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
