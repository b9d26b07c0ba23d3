"""A picture in its frame: nothing lost by "stretch" and "letterbox", the edges by "crop"."""

import numpy as np
import pytest

from sluice.models.fit import batch, fit
from sluice.models.picture_input import PictureInput
from sluice.pixels import Rgb


def halves(height: int, width: int) -> Rgb:
    """Red on the left, blue on the right."""
    out = np.zeros((height, width, 3), np.uint8)
    out[:, : width // 2, 0] = 255
    out[:, width // 2 :, 2] = 255
    return out


def test_a_picture_of_the_right_size_is_left_as_it_is() -> None:
    picture = halves(8, 8)
    assert np.array_equal(fit(picture, PictureInput(8, 8)), picture)


@pytest.mark.parametrize("resample", ["bilinear", "bicubic", "lanczos", "nearest"])
@pytest.mark.parametrize("how", ["stretch", "letterbox"])
@pytest.mark.parametrize(("height", "width"), [(100, 40), (40, 100), (1, 300), (300, 1), (7, 5)])
def test_every_shape_gets_into_the_frame(how: str, resample: str, height: int, width: int) -> None:
    assert fit(halves(height, width), PictureInput(16, 24, fit=how, resample=resample)).shape == (16, 24, 3)
    assert fit(halves(height, width), PictureInput(16, 24, fit="crop", short=28)).shape == (16, 24, 3)


def test_stretch_shows_all_of_it() -> None:
    found = fit(halves(50, 200), PictureInput(16, 16))
    assert found[:, 0, 0].min() == 255
    assert found[:, -1, 2].min() == 255


def test_crop_cuts_the_edges_off_and_keeps_the_middle() -> None:
    picture = np.zeros((100, 300, 3), np.uint8)
    picture[:, 100:200] = 200
    # The outermost pixels are a little of their neighbours too, as with every such filter.
    assert fit(picture, PictureInput(16, 16, fit="crop", short=16))[:, 1:-1].min() == 200
    # A short side of 32 shows half as much: the middle 50 of 100 pixels.
    picture[:25] = picture[75:] = 0
    assert fit(picture, PictureInput(16, 16, fit="crop", short=32))[1:-1, 1:-1].min() == 200


def test_letterbox_stands_in_the_middle_of_its_filling() -> None:
    found = fit(np.full((10, 40, 3), 255, np.uint8), PictureInput(16, 16, fit="letterbox", fill=100))
    assert [int(row) for row in found[:, 8, 1]] == [100] * 6 + [255] * 4 + [100] * 6


def test_colour_and_layout_are_what_the_contract_says() -> None:
    pictures = [halves(8, 8), np.zeros((9, 9, 3), np.uint8)]
    plain = batch(pictures, PictureInput(8, 8))
    assert plain.shape == (2, 8, 8, 3)
    assert plain.dtype == np.uint8
    turned = batch(pictures, PictureInput(8, 8, colour="BGR", layout="NCHW"))
    assert turned.shape == (2, 3, 8, 8)
    assert turned.flags.c_contiguous
    assert np.array_equal(turned[0].transpose(1, 2, 0)[..., ::-1], plain[0])
