"""What a line says."""

import asyncio
from math import pi
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sluice.errors import NotReadyError, TerminalError
from tests.unit.written import networks, written
from text_classifier.ocr.recognise import (
    HEIGHT,
    LONGEST,
    NOTHING,
    STEP,
    cut,
    decode,
    load_characters,
    recognise,
    width_of,
)
from text_classifier.ocr.rectangle import Rectangle

LINE = Rectangle(150, 36, 280, 44, 0)


def test_a_line_is_read() -> None:
    found = networks()
    picture = Image.fromarray(written("a lighthouse"))
    reading = asyncio.run(recognise(found.reader, found.characters, picture, LINE))
    assert reading.text.replace(" ", "") == "alighthouse"
    assert reading.confidence > 0.9


def test_a_turned_line_is_cut_upright() -> None:
    straight = Image.fromarray(written("a lighthouse"))
    down = straight.transpose(Image.Transpose.ROTATE_270)
    turned = Rectangle(down.width - 36, 150, 280, 44, pi / 2)
    difference = np.abs(cut(straight, LINE).astype(int) - cut(down, turned))
    assert difference.mean() < 2


def test_a_cut_is_padded_and_never_wider_than_is_read() -> None:
    picture = Image.new("RGB", (1600, 40))
    assert cut(picture, LINE).shape == (HEIGHT, 2 * STEP, 3)
    assert width_of(Rectangle(800, 20, 1600, 4, 0)) == LONGEST
    assert width_of(Rectangle(800, 20, 1, 900, 0)) == 8
    assert cut(picture, Rectangle(800, 20, 0.2, 0.1, 0)).shape[0] == HEIGHT


@pytest.mark.parametrize(
    ("index", "text"),
    [([0, 1, 1, 0, 1, 2, 2, 0], "aab"), ([3, 3, 0, 3], "cc"), ([1], "a"), ([0, 0, 0], "")],
)
def test_runs_become_characters(index: list[int], text: str) -> None:
    probability = np.full(len(index), 0.5, np.float32)
    assert decode(np.array(index), probability, ("a", "b", "c")).text == text


def test_confidence_is_that_of_the_characters_alone() -> None:
    found = decode(np.array([0, 1, 0, 2, 2]), np.array([1, 0.6, 1, 0.8, 0.1], np.float32), ("a", "b"))
    assert found.confidence == pytest.approx(0.7)
    assert decode(np.array([0, 0]), np.ones(2, np.float32), ("a",)) == NOTHING


@pytest.mark.parametrize(("index", "probability"), [([3], 0.5), ([-1], 0.5), ([1], np.nan)])
def test_what_is_no_text_is_refused(index: list[int], probability: float) -> None:
    with pytest.raises(TerminalError, match="no text"):
        decode(np.array(index), np.array([probability], np.float32), ("a", "b"))


def test_the_characters_are_those_of_the_network(tmp_path: Path) -> None:
    characters = networks().characters
    assert (len(characters), characters[-1]) == (18_709, " ")
    assert set("aZ9é画一只猫") <= set(characters)
    with pytest.raises(NotReadyError, match="sluice models pull ppocr_rec"):
        load_characters(tmp_path / "characters.txt")
