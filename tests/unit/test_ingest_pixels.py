"""Whatever a file stores becomes the eight-bit colours that a viewer shows."""

import numpy as np
import pytest
from PIL import Image

from ingest.decoder.answer import Trouble, UnreadableError
from ingest.decoder.pixels import eight_bits, orientation, shrunk, stored_rgb, turned
from tests.unit.hostile_pictures import blobs, difference, encoded, opened

Turn = Image.Transpose

STORED = {
    1: None,
    2: Turn.FLIP_LEFT_RIGHT,
    3: Turn.ROTATE_180,
    4: Turn.FLIP_TOP_BOTTOM,
    5: Turn.TRANSPOSE,
    6: Turn.ROTATE_90,
    7: Turn.TRANSVERSE,
    8: Turn.ROTATE_270,
}
"""Orientation -> how an upright picture lies in a file that says so."""


def test_sixteen_bit_greys_are_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256, dtype=np.uint16).reshape(16, 16)
    read = eight_bits(opened(encoded(Image.fromarray(ramp), "PNG")))
    assert np.array_equal(np.asarray(read), (ramp >> 8).astype(np.uint8))


@pytest.mark.parametrize("mode", ["F", "I"])
def test_samples_without_a_meaning_of_their_own_are_refused(mode: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        eight_bits(opened(encoded(Image.new(mode, (32, 32)), "TIFF")))
    assert caught.value.refusal.trouble is Trouble.UNDECODABLE


def test_sixteen_bit_greys_of_a_tiff_have_to_be_plain() -> None:
    grey = Image.new("I;16", (32, 32), 40_000)
    assert eight_bits(opened(encoded(grey, "TIFF"))).getpixel((0, 0)) == 40_000 >> 8
    with pytest.raises(UnreadableError):
        # White is zero.
        eight_bits(opened(encoded(grey, "TIFF", tiffinfo={262: 0})))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV"])
def test_every_mode_that_is_let_in_becomes_rgb(mode: str) -> None:
    image = eight_bits(Image.new(mode, (40, 30)))
    assert stored_rgb(image).mode == "RGB"
    shown = shrunk(stored_rgb(image), 20)
    assert (shown.mode, shown.size) == ("RGB", (20, 15))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1000, 500), (512, 256)),
        ((500, 1000), (256, 512)),
        ((512, 300), (512, 300)),
        ((40, 30), (40, 30)),
        ((2048, 1), (512, 1)),
    ],
)
def test_a_picture_shrinks_to_its_long_side_and_never_grows(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert shrunk(Image.new("RGB", size), 512).size == expected


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("number", STORED)
def test_every_orientation_is_put_upright(form: str, number: int) -> None:
    upright, stored = blobs(), STORED[number]
    exif = Image.Exif()
    exif[0x0112] = number
    lying = upright if stored is None else upright.transpose(stored)
    image = opened(encoded(lying, form, exif=exif if form == "TIFF" else exif.tobytes()))
    image.load()
    assert difference(turned(image, orientation(image)), upright) < 6


# Pillow's warning is silenced where pictures are read for good.
@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0" + b"\xff" * 50])
def test_a_broken_exif_block_turns_nothing(exif: bytes) -> None:
    assert orientation(opened(encoded(blobs(), "JPEG", exif=exif))) == 1


def test_an_orientation_in_xmp_turns_nothing() -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="3"/></x:xmpmeta>'
    image = opened(encoded(blobs(), "JPEG", xmp=xmp))
    image.load()
    assert image.info["xmp"] == xmp
    assert orientation(image) == 1


@pytest.mark.parametrize("number", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_turns_nothing(number: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = number
    assert orientation(opened(encoded(blobs(), "JPEG", exif=exif.tobytes()))) == 1
