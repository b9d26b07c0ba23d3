"""Fine detail of a face."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from person_classifier.detail import detail
from person_classifier.rule import DETAILED
from sluice.pixels import Rgb, resize
from tests.unit.pictures import photograph

FACE = np.array([173.0, 60.0, 275.0, 180.0])
"""Set by hand on scikit-image's astronaut."""


def filtered(which: ImageFilter.Filter) -> Rgb:
    return np.asarray(Image.fromarray(photograph("astronaut")).filter(which))


@pytest.mark.parametrize("factor", [0.5, 1, 3])
def test_a_sharp_face_has_it_in_every_size(factor: float) -> None:
    size = round(512 * factor)
    assert detail(resize(photograph("astronaut"), size, size), FACE * factor) > DETAILED


@pytest.mark.parametrize("which", [ImageFilter.GaussianBlur(2), ImageFilter.GaussianBlur(4), ImageFilter.BoxBlur(5)])
def test_blur_takes_it_away(which: ImageFilter.Filter) -> None:
    assert detail(filtered(which), FACE) < DETAILED


def test_an_even_area_has_none() -> None:
    assert detail(np.full((60, 60, 3), 7, np.uint8), np.array([0.0, 0.0, 60.0, 60.0])) == 0
