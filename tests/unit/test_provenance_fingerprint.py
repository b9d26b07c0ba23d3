"""Fingerprints: what is stored is found again in what was changed, and in nothing else."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from PIL import Image, ImageOps

from provenance.fingerprint import VARIANTS, fingerprints, luma, pixels_digest, queries
from sluice.hashing import PDQ_THRESHOLD, Rgb, hamming
from tests.unit.provenance_pictures import changed, cropped, framed, scene, turned


def _nearest(asked: Sequence[bytes], kept: Sequence[bytes]) -> int:
    return min(hamming(a, b) for a in asked for b in kept)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    "change", [ImageOps.mirror, cropped, framed, turned, lambda picture: picture.resize((200, 256))]
)
def test_a_changed_picture_has_a_fingerprint_near_a_stored_one(
    change: Callable[[Image.Image], Image.Image], seed: int
) -> None:
    picture = scene(seed)
    kept = fingerprints(picture).hashes
    assert _nearest(queries(changed(picture, change)).hashes, kept) <= PDQ_THRESHOLD


def test_the_whole_alone_would_not_be_found_in_a_crop_or_a_frame() -> None:
    kept = fingerprints(scene(1)).hashes[:1]
    for change in (cropped, framed):
        assert _nearest(queries(changed(scene(1), change)).hashes[:2], kept) > PDQ_THRESHOLD


def test_other_pictures_are_far_away() -> None:
    kept = fingerprints(scene(1)).hashes
    assert all(_nearest(queries(scene(seed)).hashes, kept) > PDQ_THRESHOLD for seed in range(2, 7))


def test_a_record_has_the_whole_its_mirror_image_and_a_few_windows() -> None:
    found = fingerprints(scene(4))
    assert 3 <= len(found.hashes) <= len(VARIANTS)
    assert found.hashes[1] == fingerprints(np.ascontiguousarray(scene(4)[:, ::-1])).hashes[0]
    assert len(set(found.hashes)) == len(found.hashes)


def test_a_flat_picture_has_no_fingerprint_and_a_frame_of_it_can_still_be_asked_for() -> None:
    flat = np.full((512, 512, 3), 200, np.uint8)
    assert fingerprints(flat).hashes == ()
    assert fingerprints(flat).quality < 50


def test_frames_lie_where_the_windows_do() -> None:
    picture = scene(2)
    for window in fingerprints(picture).windows[2:]:
        frame = window.frame
        half = frame.right_x - frame.x
        assert frame.down_y - frame.y == pytest.approx(half)
        assert frame.x - half + 0.01 >= 0
        assert frame.x + half <= 1.01


@pytest.mark.parametrize("shape", [(1, 1, 3), (9, 700, 3), (700, 9, 3), (40, 40, 3)])
def test_any_shape_can_be_looked_at(shape: tuple[int, int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    assert luma(noise).shape == (512, 512)
    assert fingerprints(noise).quality <= 100
    assert queries(noise).quality <= 100


def test_the_digest_is_of_size_and_pixels() -> None:
    picture: Rgb = scene(1, 64)
    assert pixels_digest(picture) == pixels_digest(np.asfortranarray(picture))
    assert pixels_digest(picture) != pixels_digest(picture.reshape(32, 128, 3))
    assert pixels_digest(picture) != pixels_digest(picture[::-1])
