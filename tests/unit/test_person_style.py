"""Even colours and photographs."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from person_classifier.style import Style, few_colours, flatness
from sluice import samples
from sluice.pixels import Rgb, decode, encode
from tests.unit.pictures import photograph, shrunk

PHOTOGRAPHS = ("astronaut", "camera", "chelsea", "coffee", "rocket", "coins", "brick", "grass", "moon", "page")


def jpeg(rgb: Rgb) -> Rgb:
    """As a check sees it: a rendition."""
    return decode(encode(shrunk(rgb, 512)))


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photographs_are_not_flat(name: str) -> None:
    assert flatness(jpeg(photograph(name))) < 0.5


@pytest.mark.parametrize("light", [0.05, 0.3, 1.5, 3])
def test_dark_and_overexposed_photographs_are_not_flat(light: float) -> None:
    changed = np.clip(photograph("astronaut") * light, 0, 255).astype(np.uint8)
    assert flatness(jpeg(changed)) < 0.5


def test_a_cartoon_is_flat() -> None:
    (cottage,) = [sample for sample in samples.pictures() if sample.name == "cottage"]
    assert flatness(jpeg(cottage.rgb)) > 0.5


def test_a_shaded_ball_is_flat() -> None:
    """As emoji are: no two pixels need be the same, but all are of one colour, lighter and darker."""
    rows, columns = np.mgrid[0:400, 0:400]
    inside = (rows - 200) ** 2 + (columns - 200) ** 2 < 150**2
    light = (1 - ((rows - 120) ** 2 + (columns - 140) ** 2) / 400**2)[..., None]
    ball = np.where(inside[..., None], np.array([255, 205, 50]) * (0.85 + 0.15 * light), 255)
    picture = Image.fromarray(ball.astype(np.uint8))
    ImageDraw.Draw(picture).chord((140, 220, 260, 290), 0, 180, fill=(90, 50, 20))
    assert flatness(jpeg(np.asarray(picture))) > 0.5


def test_ink_on_paper_is_flat() -> None:
    picture = Image.new("RGB", (400, 400), "white")
    ImageDraw.Draw(picture).ellipse((80, 80, 320, 320), outline="black", width=12)
    assert flatness(jpeg(np.asarray(picture))) > 0.5


def test_of_noise_and_of_one_colour_nothing_is_said() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (256, 256, 3), np.uint8)
    assert flatness(noise) == 0
    assert flatness(np.full((64, 64, 3), 90, np.uint8)) == 0


def test_the_background_does_not_count() -> None:
    rgb = np.zeros((100, 100, 3), np.uint8)
    rgb[:20] = 200
    assert few_colours(rgb, 7) == 1
    rgb[20:60] = np.random.default_rng(3).integers(30, 256, (40, 100, 3), np.uint8)
    assert few_colours(rgb, 7) == pytest.approx(1 / 3, abs=0.02)


def test_what_is_not_drawn_is_photoreal() -> None:
    assert Style(0.25).photoreal == 0.75
