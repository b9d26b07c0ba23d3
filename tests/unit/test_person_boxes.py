"""Overlap and suppression, and boxes from a detector's answer."""

import math

import numpy as np
import pytest

from person_classifier.boxes import clip, overlap, rows_of, suppress
from sluice.errors import TerminalError

UNIT = np.array([0.0, 0.0, 10.0, 10.0])


@pytest.mark.parametrize(
    ("other", "union", "smaller"),
    [
        ((0, 0, 10, 10), 1.0, 1.0),
        ((5, 0, 15, 10), 50 / 150, 0.5),
        ((2, 2, 4, 4), 0.04, 1.0),
        ((10, 10, 20, 20), 0.0, 0.0),
        ((30, 30, 20, 20), 0.0, 0.0),
        ((3, 3, 3, 3), 0.0, 0.0),
    ],
)
def test_overlap(other: tuple[float, ...], union: float, smaller: float) -> None:
    boxes = np.array([other], np.float64)
    assert overlap(UNIT, boxes)[0] == pytest.approx(union)
    assert overlap(UNIT, boxes, smaller=True)[0] == pytest.approx(smaller)


def rows(*scored: tuple[float, tuple[float, float, float, float]]) -> np.ndarray:
    return np.array([(score, *box) for score, box in scored], np.float64).reshape(-1, 5)


def test_the_best_of_those_that_overlap_stays() -> None:
    found = suppress(rows((0.5, (0, 0, 10, 10)), (0.9, (1, 0, 11, 10)), (0.7, (50, 50, 60, 60))), 0.5)
    assert found[:, 0].tolist() == [0.9, 0.7]


def test_a_small_box_within_a_better_one_goes_only_where_asked() -> None:
    both = rows((0.9, (0, 0, 100, 100)), (0.8, (10, 10, 20, 20)))
    assert len(suppress(both, 0.5)) == 2
    assert len(suppress(both, 0.5, 0.8)) == 1


def test_nothing_in_nothing_out() -> None:
    assert suppress(rows(), 0.5).shape == (0, 5)


def test_clip_cuts_at_the_edges_and_drops_slivers() -> None:
    found = clip(rows((0.9, (-5, -5, 5, 5)), (0.8, (-9, 0, 0.5, 9)), (0.7, (95, 40, 120, 60))), 100, 50)
    assert found.tolist() == [[0.9, 0, 0, 5, 5], [0.7, 95, 40, 100, 50]]


def test_fractions_of_the_square_become_pixels() -> None:
    box = np.array([[0.25, 0.5, 0.5, 0.75], [0, 0, 1, 1]], np.float32)
    found = rows_of(box, np.array([0.5, 0.3], np.float32), 0.3, 256)
    assert found.tolist() == [[0.5, 128, 64, 192, 128]]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_answer_that_is_no_number_is_not_an_empty_one(value: float) -> None:
    box = np.zeros((1, 4), np.float32)
    with pytest.raises(TerminalError, match="not a number"):
        rows_of(box, np.array([value], np.float32), 0.3, 512)
    with pytest.raises(TerminalError, match="not a number"):
        rows_of(box + np.float32(value), np.array([0.5], np.float32), 0.3, 512)
