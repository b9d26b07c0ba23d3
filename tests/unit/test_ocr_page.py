"""A picture as the reader sees it: whole, or not at all."""

from dataclasses import replace

import numpy as np
import pytest

from sluice.check import Item, Picture
from sluice.errors import TerminalError
from sluice.pixels import Rgb
from tests.unit.pictures import item, photograph
from tests.unit.written import written
from text_classifier.ocr.page import page_of


def test_a_small_picture_is_its_rendition() -> None:
    page = page_of(item(written("a lighthouse")))
    assert page.picture is page.rendition
    assert (page.picture.shape, page.scale) == ((160, 480, 3), 1.0)


def test_a_large_one_is_put_together_from_tiles() -> None:
    rgb = photograph("coffee")
    page = page_of(item(rgb))
    assert page.picture.shape == rgb.shape
    assert page.rendition.shape[1] == 512
    assert page.scale == pytest.approx(600 / 512)
    assert np.abs(page.picture.astype(int) - rgb).mean() < 3, "what JPEG changes"


def whole() -> Item:
    return item(np.full((900, 700, 3), 200, np.uint8))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (replace(whole(), rendition=None), "no rendition"),
        (replace(whole(), tiles=()), "without tiles"),
        (replace(whole(), tiles=whole().tiles[1:]), "do not cover"),
        (replace(whole(), rendition=Picture(b"nothing", 512, 512)), "cannot be decoded"),
    ],
)
def test_what_is_not_all_there_is_not_read(broken: Item, message: str) -> None:
    with pytest.raises(TerminalError, match=message):
        page_of(broken)


def test_a_rendition_of_another_size_is_refused() -> None:
    rgb: Rgb = np.zeros((20, 20, 3), np.uint8)
    good = item(rgb)
    assert good.rendition is not None
    with pytest.raises(TerminalError, match="claims another size"):
        page_of(replace(good, rendition=replace(good.rendition, width=21)))
