"""PDQ in the text form of hash lists, its eight variants, and the digests of bytes."""

from collections.abc import Callable, Mapping

import numpy as np
import pdqhash
import pytest

from sluice.hashing import DIHEDRAL, PDQ_BYTES, Rgb, digests, hamming, pdq, pdq_dihedral
from sluice.samples.scenes import cottage, landscape

TURNS: Mapping[str, Callable[[Rgb], Rgb]] = {
    "original": lambda rgb: rgb,
    "rotated 90": np.rot90,
    "rotated 180": lambda rgb: np.rot90(rgb, 2),
    "rotated 270": lambda rgb: np.rot90(rgb, 3),
    "flipped top-bottom": lambda rgb: rgb[::-1],
    "flipped left-right": lambda rgb: rgb[:, ::-1],
    "transposed": lambda rgb: rgb.transpose(1, 0, 2),
    "transposed along the other diagonal": lambda rgb: np.rot90(rgb, 2).transpose(1, 0, 2),
}


@pytest.fixture(scope="module")
def rgb() -> Rgb:
    return cottage(256, 384)


def test_the_hex_form_is_the_one_of_hash_lists(rgb: Rgb) -> None:
    vector, quality = pdqhash.compute(rgb)
    # ThreatExchange reads the vector as a binary number, first bit highest, and prints it in 64 hex digits.
    expected = f"{int(''.join(str(bit) for bit in vector), 2):064x}"
    assert pdq(rgb) == (bytes.fromhex(expected), quality)
    assert pdq(rgb)[0].hex() == expected


def test_the_first_variant_is_the_picture_itself(rgb: Rgb) -> None:
    variants, quality = pdq_dihedral(rgb)
    assert len(variants) == len(DIHEDRAL)
    assert all(len(variant) == PDQ_BYTES for variant in variants)
    assert (variants[0], quality) == pdq(rgb)


def test_each_variant_is_near_the_picture_so_turned() -> None:
    rgb = landscape(384, 512)
    variants, _ = pdq_dihedral(rgb)
    for place, name in enumerate(DIHEDRAL):
        turned = pdq(TURNS[name](rgb))[0]
        distances = [hamming(turned, variant) for variant in variants]
        assert distances[place] == min(distances), name
        assert distances[place] <= 31, name


def test_a_picture_without_texture_has_no_quality() -> None:
    assert pdq(np.full((128, 128, 3), 90, dtype=np.uint8))[1] == 0


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 500, 3), (500, 2, 3)])
def test_tiny_pictures_are_hashed_too(shape: tuple[int, int, int]) -> None:
    assert pdq(np.zeros(shape, dtype=np.uint8))[1] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((8, 8), dtype=np.uint8),
        np.zeros((8, 8, 4), dtype=np.uint8),
        np.zeros((0, 8, 3), dtype=np.uint8),
        np.zeros((8, 8, 3), dtype=np.float32),
    ],
)
def test_what_is_not_an_rgb_picture_is_refused(wrong: Rgb) -> None:
    with pytest.raises(ValueError, match="PDQ needs"):
        pdq(wrong)
    with pytest.raises(ValueError, match="PDQ needs"):
        pdq_dihedral(wrong)


def test_digests_are_the_published_ones_of_abc() -> None:
    found = digests(b"abc")
    assert found.md5.hex() == "900150983cd24fb0d6963f7d28e17f72"  # RFC 1321
    assert found.sha1.hex() == "a9993e364706816aba3e25717850c26c9cd0d89d"  # FIPS 180-4 examples
    assert found.sha256.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_hamming_counts_bits() -> None:
    assert hamming(b"\x00\xff", b"\x00\xff") == 0
    assert hamming(b"\x01\x00", b"\x00\x80") == 2
    assert hamming(bytes(32), b"\xff" * 32) == 256
