"""Lines that belong together."""

from math import cos, pi, radians, sin

import pytest

from text_classifier.ocr.blocks import blocks
from text_classifier.ocr.order import Line, in_order
from text_classifier.ocr.rectangle import Rectangle

CAPTION = {"how to": (100, 20, 160), "build": (300, 22, 120), "a lighthouse": (140, 60, 240)}
BADGE = {"NASA": (600, 300, 60), "EVA": (596, 330, 40)}
"""Word -> x, y, width; all are 30 high, 20 in the badge."""


def line(text: str, x: float, y: float, width: float, height: float, degrees: float) -> Line:
    angle = radians(degrees)
    area = Rectangle(x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle), width, height, angle)
    return Line(area, text, 0.9)


def lines(degrees: float) -> list[Line]:
    found = [line(text, *place, 30, degrees) for text, place in CAPTION.items()]
    return [line(text, *place, 20, degrees) for text, place in BADGE.items()] + found


def texts(found: list[Line]) -> list[list[list[str]]]:
    return [[[one.text for one in row] for row in rows] for rows in blocks(in_order(found))]


@pytest.mark.parametrize("degrees", [0, 8, -20, 90, 180, 270])
def test_what_stands_apart_is_a_block_of_its_own(degrees: float) -> None:
    assert texts(lines(degrees)) == [[["how to", "build"], ["a lighthouse"]], [["NASA"], ["EVA"]]]


def test_a_heading_is_no_part_of_the_small_print() -> None:
    heading = line("HARBOUR", 140, 10, 300, 90, 0)
    assert texts([heading, line("open from nine to five", 140, 80, 240, 20, 0)]) == [
        [["HARBOUR"]],
        [["open from nine to five"]],
    ]


def test_lines_in_other_directions_are_apart() -> None:
    upright = Line(Rectangle(240, 60, 120, 30, pi / 2), "aside", 0.9)
    assert texts([line("a lighthouse", 110, 60, 200, 30, 0), upright]) == [[["a lighthouse"]], [["aside"]]]


def test_a_letter_read_in_another_direction_belongs_where_it_stands() -> None:
    letter = Line(Rectangle(20, 60, 30, 26, pi / 2), "a", 0.9)
    assert texts([letter, line("lighthouse", 150, 60, 200, 30, 0)]) == [[["a", "lighthouse"]]]


def test_nothing_has_no_blocks() -> None:
    assert blocks([]) == []
