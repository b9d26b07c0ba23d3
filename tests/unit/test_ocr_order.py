"""Reading order, however the picture is held."""

from math import cos, pi, radians, sin

import pytest

from text_classifier.ocr.order import Line, apart, in_order
from text_classifier.ocr.rectangle import Rectangle

PLACES = {"one": (60, 20, 100), "two": (200, 23, 120), "three": (90, 60, 160), "four": (90, 100, 160)}
"""Word -> x, y, width: "one" and "two" are a row, a little crooked."""


def lines(degrees: float) -> list[Line]:
    """The words in a picture turned clockwise about its origin, in a muddle."""
    angle = radians(degrees)
    found = []
    for word in ("three", "two", "four", "one"):
        x, y, width = PLACES[word]
        place = (x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle))
        found.append(Line(Rectangle(*place, width, 30, angle), word, 0.9))
    return found


@pytest.mark.parametrize("degrees", [0, 5, -12, 30, 90, 180, 270, 200])
def test_rows_from_the_top_each_from_the_left(degrees: float) -> None:
    assert [[line.text for line in row] for row in in_order(lines(degrees))] == [["one", "two"], ["three"], ["four"]]


def test_lines_in_another_direction_come_after() -> None:
    aside = Line(Rectangle(300, 60, 100, 20, pi / 2), "aside", 0.9)
    assert [[line.text for line in row] for row in in_order([aside, *lines(3)])] == [
        ["one", "two"],
        ["three"],
        ["four"],
        ["aside"],
    ]


def test_one_letter_goes_where_it_stands_whichever_way_it_was_read() -> None:
    letter = Line(Rectangle(125, 20, 20, 16, pi / 2), "a", 0.9)
    assert [line.text for line in in_order([letter, *lines(0)])[0]] == ["one", "a", "two"]
    assert in_order([letter]) == [[letter]]


def test_nothing_is_in_order() -> None:
    assert in_order([]) == []


def test_angles_are_apart_the_short_way() -> None:
    assert apart(0.1, 2 * pi - 0.1) == pytest.approx(0.2)
    assert apart(0, pi) == pytest.approx(pi)
    assert apart(-pi / 2, 3 * pi / 2) == pytest.approx(0, abs=1e-9)
