"""Turned rectangles."""

from math import cos, pi, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from text_classifier.ocr.rectangle import Points, Rectangle, convex_hull, smallest


def corners(area: Rectangle) -> Points:
    along, across = np.array([cos(area.angle), sin(area.angle)]), np.array([-sin(area.angle), cos(area.angle)])
    return np.array(
        [
            [area.x, area.y] + along * area.width / 2 * u + across * area.height / 2 * v
            for u in (-1, 1)
            for v in (-1, 1)
        ]
    )


@given(st.floats(-0.78, 2.35), st.floats(30, 200), st.floats(2, 25), st.integers(0, 100))
def test_a_rectangle_is_found_again(angle: float, width: float, height: float, seed: int) -> None:
    area = Rectangle(50, 40, width, height, angle)
    inside = np.random.default_rng(seed).uniform(-0.5, 0.5, (20, 2)) * (width, height)
    turn = np.array([[cos(angle), sin(angle)], [-sin(angle), cos(angle)]])
    found = smallest(np.concatenate([corners(area), inside @ turn + (50, 40)]))
    assert np.allclose(sorted(map(tuple, corners(found))), sorted(map(tuple, corners(area))), atol=1e-6)
    assert -pi / 4 - 1e-9 <= found.angle % (2 * pi) or found.angle < 3 * pi / 4 + 1e-9


def test_a_line_reads_to_the_right_and_a_column_down() -> None:
    assert abs(smallest(np.array([[0, 0], [90, 0], [90, 9], [0, 9.0]])).angle) < 1e-9
    assert abs(smallest(np.array([[0, 0], [0, 90], [9, 90], [9, 0.0]])).angle - pi / 2) < 1e-9


@pytest.mark.parametrize("points", [[[3, 4]], [[3, 4], [3, 4]], [[0, 0], [4, 4]], [[0, 0], [1, 1], [2, 2]]])
def test_what_has_no_area(points: list[list[float]]) -> None:
    found = smallest(np.array(points, np.float64))
    assert found.height == pytest.approx(0, abs=1e-9)
    assert (found.x, found.y) == pytest.approx(np.mean(np.array(points), axis=0))


def test_the_hull_keeps_corners_alone() -> None:
    hull = convex_hull(np.array([[0, 0], [2, 0], [4, 0], [4, 4], [0, 4], [1, 1], [0, 0]], np.float64))
    assert sorted(map(tuple, hull)) == [(0, 0), (0, 4), (4, 0), (4, 4)]


def test_turned_it_covers_the_same() -> None:
    area = Rectangle(10, 20, 30, 8, 0.3)
    for quarters in range(4):
        other = area.turned(quarters)
        assert np.allclose(sorted(map(tuple, corners(other))), sorted(map(tuple, corners(area))))
        assert other.angle == pytest.approx(0.3 + quarters * pi / 2)


def test_grown_scaled_and_holds() -> None:
    area = Rectangle(10, 20, 30, 8, 0.3)
    assert (area.grown(2).width, area.grown(2).height) == (34, 12)
    assert area.scaled(2) == Rectangle(20, 40, 60, 16, 0.3)
    assert area.holds(area.grid(5, 3)).all()
    assert not area.holds(corners(area.grown(0.1))).any()
