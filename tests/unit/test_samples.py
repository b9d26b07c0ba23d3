"""The generated pictures: good enough to hash, far apart, and the same everywhere."""

import io
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from sluice import samples
from sluice.hashing import PDQ_THRESHOLD, hamming, pdq, pdq_dihedral
from sluice.media import sniff
from sluice.samples.colours import write
from sluice.samples.sample import MEDIA_TYPES, Sample

# The hashes of the pictures when they were drawn. Another processor may round a pixel differently, no more.
KNOWN_HASHES = {
    "test-1": "6f58c868e9f6a6e1f1aa36b575ae56a371a6303b558b2d50844be9746e48c453",
    "test-2": "a8ca8757892f30f1659e36e1718e41f331b71327774a3ecaabc7d8116a4cd942",
    "test-3": "8d06b41637e24764fdba5328f1ba7671772b34a6748ed5868233ae1c0613cc6f",
    "test-4": "c278047a0cff562f70a273b2e1b351a335bf563b742ab1ba49498e30ae54c937",
    "test-5": "0e4def6cd92e74cda1b7273a21ba26f571ae496a600c9a053bc3dd0ad613d968",
    "test-6": "8844d0c259d6077b311f27ba31bf153b60bb71caf7b63b871682e0c99f32d911",
    "test-7": "8e504953f09c2bb2b5a611d3718e37a3e9be758243677fc557b2d8b4cb689003",
    "test-8": "8bd59a56c12b1a996d6b70eb71eb26c9513b18b1a987aa45e69720537f6999c0",
    "landscape": "b4c75bf384927c04697cc03596c25bda60cfa434d1343ae9afda1487c0b73bf8",
    "skyline": "eaed0322ecfc7787804cf8bb2f8698f28d2973d624518228ebae9cb64953630f",
    "cottage": "e26653a747e43e689a099b877d96679aed189239667739b699886679101719c6",
    "dunes": "60a5e277ff40845a9558e65466971eaec2f7505a484b7aaf3d9a7d4e7e620061",
    "plasma": "1199477ac8997318aac7b9c9f71a114e544eef60dbe424a354d2d6a72b6c0b9d",
    "julia": "65e19f49ce1c68963dc38769982e368c631cd9b68da32639b26fd2cd0d98cd34",
    "mosaic": "a57a7f5372a8a51185131cb5245c3cf7e87c1af61601a95f8f7c27c9e132d10b",
    "shapes": "c6efc6c658f43d465297c2d2eb99d298233dc460ae760746d30b88b0dd5b8cd3",
}


@pytest.fixture(scope="module")
def bank() -> Sequence[Sample]:
    return samples.test_bank_pictures()


@pytest.fixture(scope="module")
def ordinary() -> Sequence[Sample]:
    return samples.pictures()


def test_there_are_eight_of_each_with_distinct_names(bank: Sequence[Sample], ordinary: Sequence[Sample]) -> None:
    assert [picture.name for picture in bank] == [f"test-{number}" for number in range(1, 9)]
    assert len({picture.name for picture in (*bank, *ordinary)}) == 16


def test_every_picture_can_be_hashed_well(bank: Sequence[Sample], ordinary: Sequence[Sample]) -> None:
    assert all(pdq(picture.rgb)[1] >= 80 for picture in (*bank, *ordinary))


def test_no_two_pictures_are_near_each_other_however_turned(
    bank: Sequence[Sample], ordinary: Sequence[Sample]
) -> None:
    hashes = {picture.name: pdq_dihedral(picture.rgb)[0] for picture in (*bank, *ordinary)}
    nearest = {
        (one, two): min(hamming(hashes[one][0], each) for each in hashes[two]) for one, two in combinations(hashes, 2)
    }
    assert min(nearest.values()) > 80


def test_a_turned_picture_of_the_bank_is_still_recognised(bank: Sequence[Sample]) -> None:
    for picture in bank:
        listed = pdq(picture.rgb)[0]
        for mirrored in (picture.rgb, picture.rgb[:, ::-1]):
            for turns in range(4):
                variants, _ = pdq_dihedral(np.rot90(mirrored, turns))
                assert min(hamming(listed, variant) for variant in variants) <= PDQ_THRESHOLD


def test_the_pictures_are_the_same_as_ever(bank: Sequence[Sample], ordinary: Sequence[Sample]) -> None:
    for picture in (*bank, *ordinary):
        assert hamming(pdq(picture.rgb)[0], bytes.fromhex(KNOWN_HASHES[picture.name])) <= 10, picture.name


def test_two_calls_give_the_same_bytes(bank: Sequence[Sample], ordinary: Sequence[Sample]) -> None:
    again = (*samples.test_bank_pictures(), *samples.pictures())
    assert [picture.data for picture in again] == [picture.data for picture in (*bank, *ordinary)]


def test_the_png_is_the_pixels(bank: Sequence[Sample], ordinary: Sequence[Sample]) -> None:
    for picture in (*bank, *ordinary):
        assert len(picture.data) < 256 * 1024
        with Image.open(io.BytesIO(picture.data)) as decoded:
            assert decoded.size == (picture.width, picture.height)
            assert np.array_equal(np.asarray(decoded), picture.rgb)


def test_pixels_cannot_be_changed(bank: Sequence[Sample]) -> None:
    with pytest.raises(ValueError, match="read-only"):
        bank[0].rgb[0, 0, 0] = 1


@pytest.mark.parametrize(("picture_format", "media_type"), list(MEDIA_TYPES.items()))
def test_a_picture_can_be_encoded_in_every_format(
    bank: Sequence[Sample], picture_format: str, media_type: str
) -> None:
    assert sniff(bank[0].encoded(picture_format)) == media_type


def test_words_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        write(np.zeros((20, 20, 3), dtype=np.uint8), "TOO LONG FOR THIS", 2, 0)
