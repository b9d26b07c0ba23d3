"""The generated pictures: good enough to hash, far apart, and the same everywhere."""

import io
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from sluice import samples
from sluice.hashing import hamming, pdq, pdq_dihedral
from sluice.media import sniff
from sluice.samples.colours import write
from sluice.samples.sample import MEDIA_TYPES, Sample

# The hashes of the pictures when they were drawn. Another processor may round a pixel differently, no more.
KNOWN_HASHES = {
    "test-1": "ce8073ccb756a5e5592a7ef178de142c528e517e028de702fb00ecdecfc84855",
    "test-2": "7a364b4a40ffbcc08585713466e272ad69bf0e33d94226577c5140db6ee5f826",
    "test-3": "06c4e07fe5985f01976e32c7a03a702d41e7262bd5c787ea5d609a5dbc45ed62",
    "test-4": "1e214b68eb868199931ee3e429df368a230f1dfdd52272171966635da5d0ddd4",
    "test-5": "58a8bf9df5dafa46911f07a1e89e83096b233ca038cea77f12dd7c628610f981",
    "test-6": "8043ab785d8c60865dfe3ff039e306f9c2a6217771abdc58b8ce8ce3aed4009d",
    "test-7": "bb9218176c6a82bd039e07e0f52a1776e399550f187717cabe85a614bbcdc9c4",
    "test-8": "01dc6952bf061339ed2b47a5f06b57ec471a652e3982ba1902d5afc78649cbd5",
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
                assert min(hamming(listed, variant) for variant in variants) <= 18


def test_a_small_and_compressed_copy_is_still_recognised(bank: Sequence[Sample]) -> None:
    for picture in bank:
        halved = Image.fromarray(picture.rgb).resize((256, 256))
        squeezed = io.BytesIO()
        halved.save(squeezed, "JPEG", quality=50)
        with Image.open(squeezed) as copy:
            assert hamming(pdq(picture.rgb)[0], pdq(np.asarray(copy))[0]) <= 18


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
