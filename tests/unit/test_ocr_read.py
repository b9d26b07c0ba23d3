"""Pictures of text, read by the real networks."""

import asyncio

import numpy as np
import pytest

from sluice.pixels import Rgb, resize
from tests.unit.pictures import item, photograph
from tests.unit.written import networks, page, written
from text_classifier.ocr.page import Page, page_of
from text_classifier.ocr.passages import passages
from text_classifier.ocr.read import MOST_LINES, Networks, Text, read, same
from text_classifier.ocr.rectangle import Rectangle

SENTENCE = "a painting of\na lighthouse\nat dawn"


@pytest.fixture(scope="module")
def opened() -> Networks:
    return networks()


def said(networks: Networks, shown: Page) -> str:
    text: Text = asyncio.run(read(networks, shown))
    return " / ".join(passages(rows)[0] for rows in text.versions)


@pytest.mark.parametrize("degrees", [0, 4, -9, 25, 90, 180, 270])
def test_lines_in_order_however_they_are_turned(opened: Networks, degrees: float) -> None:
    shown = page(written(SENTENCE, size=(300, 200), degrees=degrees))
    assert said(opened, shown) == "a painting of a lighthouse at dawn"


def test_light_on_dark(opened: Networks) -> None:
    assert said(opened, page((255 - written(SENTENCE)).astype(np.uint8))) == "a painting of a lighthouse at dawn"


def test_over_a_photograph(opened: Networks) -> None:
    rgb = photograph("chelsea").copy()
    ink = written("a lighthouse", size=(rgb.shape[1], 60), letters=36) < 128
    rgb[20:80][ink.any(axis=2)] = (250, 240, 60)
    assert said(opened, page(rgb)) == "a lighthouse"


def test_small_letters_in_a_large_picture_are_read_from_the_tiles(opened: Networks) -> None:
    shown = page_of(item(written("a lighthouse at dawn", size=(1400, 900), letters=16, at=(600, 500))))
    assert said(opened, shown) == "a lighthouse at dawn"
    alone = Page(shown.rendition, shown.rendition)
    assert said(opened, alone) != "a lighthouse at dawn", "at 512 pixels it is illegible"


def test_huge_letters_in_a_large_picture_are_read(opened: Networks) -> None:
    huge: Rgb = resize(written("DAWN", size=(130, 60), letters=40, at=(8, 6)), 1500, 692)
    assert "DAWN" in said(opened, page_of(item(huge)))


def test_a_picture_without_text(opened: Networks) -> None:
    assert asyncio.run(read(opened, page(np.full((64, 64, 3), 90, np.uint8)))) == Text([])


def test_a_reading_does_not_depend_on_what_else_is_there(opened: Networks) -> None:
    alone = asyncio.run(read(opened, page(written("a lighthouse", size=(480, 320)))))
    beside = asyncio.run(read(opened, page(written("a lighthouse\n\n\nsomething else entirely", size=(480, 320)))))
    assert [line.text for line in alone.versions[0][0]] == [line.text for line in beside.versions[0][0]]
    assert alone.versions[0][0][0].confidence == pytest.approx(beside.versions[0][0][0].confidence, abs=0.02)


def test_too_many_lines_are_not_read_in_part(opened: Networks) -> None:
    columns, rows = 20, MOST_LINES // 20 + 1
    rgb = np.concatenate([np.concatenate([written("a", (60, 48), 24, (18, 6))] * columns, 1)] * rows, 0)
    found = asyncio.run(read(opened, page(rgb)))
    assert (found.refused, found.versions, found.lines) == (True, (), 0)
    assert found.unread > MOST_LINES


def test_too_long_lines_are_not_read_in_part(opened: Networks) -> None:
    line = written("the quick brown fox jumps over the lazy dog and runs home", (640, 24), 14, (4, 2))
    rgb = np.concatenate([np.concatenate([line] * 2, 1)] * 40, 0)
    assert asyncio.run(read(opened, page(rgb))).refused


def test_marks_of_one_line_are_told_from_its_pieces() -> None:
    line, piece = Rectangle(100, 50, 160, 20, 0), Rectangle(60, 50, 70, 20, 0)
    assert same(line, [piece, line]) == 1
    assert same(line.turned(2).grown(1), [piece, line]) == 1
    assert same(line, [piece, Rectangle(140, 50, 70, 20, 0)]) is None
    assert same(piece, [line]) is None, "lettering of which a larger mark holds more"
    assert same(line, []) is None
