"""Laying pictures over each other: copies are alike, other pictures of the same composition are not."""

from collections.abc import Callable

import pytest
from PIL import Image, ImageEnhance, ImageOps

from provenance.compare import NOTHING, Comparison, compare
from provenance.fingerprint import fingerprints, luma, queries
from sluice.hashing import Rgb
from tests.unit.provenance_pictures import changed, cropped, framed, scene, turned


def _compared(asked: Rgb, ours: Rgb) -> Comparison:
    return compare(luma(asked), queries(asked).windows, luma(ours), fingerprints(ours).windows)


@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize(
    "change",
    [
        lambda picture: picture,
        ImageOps.mirror,
        cropped,
        framed,
        turned,
        lambda picture: picture.resize((180, 256)),
        lambda picture: ImageEnhance.Brightness(picture).enhance(1.15),
        lambda picture: turned(ImageOps.mirror(picture)).resize((300, 300)),
    ],
)
def test_a_copy_is_alike_however_it_was_changed(change: Callable[[Image.Image], Image.Image], seed: int) -> None:
    found = _compared(changed(scene(seed), change), scene(seed))
    assert found.copy, found


@pytest.mark.parametrize("seed", range(1, 5))
def test_the_same_composition_with_other_details_is_no_copy(seed: int) -> None:
    found = _compared(scene(seed, details=1), scene(seed))
    assert not found.copy, found


def test_pictures_that_have_nothing_in_common_do_not_meet() -> None:
    assert _compared(scene(1), scene(2)) == NOTHING
    assert compare(luma(scene(1)), (), luma(scene(1)), ()) == NOTHING


def test_what_is_seen_of_a_crop_is_told() -> None:
    found = _compared(changed(scene(1), cropped), scene(1))
    assert 0.65 < found.overlap < 0.8
