"""A plain border is found and taken off, and nothing else is."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from ingest.decoder.answer import Reading
from ingest.decoder.borders import MOST, without_border
from ingest.decoder.frames import FrameError, pack, pack_answer, unpack, unpack_answer
from ingest.decoder.picture import Bounds, read
from ingest.decoder.pool import DecoderPool
from sluice.hashing import PDQ_THRESHOLD, Rgb, hamming, pdq
from sluice.samples import pictures, test_bank
from sluice.samples.sample import encode
from tests.unit.decoders import settings

KNOWN = test_bank.test_bank_picture(1).rgb
OFF, ON = Bounds(1 << 24, 1 << 24), Bounds(1 << 24, 1 << 24, borders=True)


def bordered(width: int | tuple[int, int, int, int], colour: str | tuple[int, int, int], quality: int = 0) -> Rgb:
    framed = ImageOps.expand(Image.fromarray(KNOWN), width, colour)
    if not quality:
        return np.asarray(framed)
    return np.asarray(Image.open(io.BytesIO(encode(np.asarray(framed), "JPEG", quality))))


@pytest.mark.parametrize("width", [1, 63, 64, 65, 200, (0, 40, 0, 90), (70, 0, 0, 0), (5, 6, 7, 8)])
def test_a_border_is_taken_off_to_the_pixel(width: int | tuple[int, int, int, int]) -> None:
    found = without_border(bordered(width, (10, 200, 30)))
    assert found is not None
    assert np.array_equal(found, KNOWN)


@pytest.mark.parametrize("colour", ["black", "white", (180, 40, 40)])
def test_a_border_that_jpeg_went_over_is_found(colour: str | tuple[int, int, int]) -> None:
    found = without_border(bordered(30, colour, quality=60))
    assert found is not None
    assert np.abs(np.array(found.shape) - KNOWN.shape).max() <= 10
    assert hamming(pdq(found)[0], pdq(KNOWN)[0]) <= PDQ_THRESHOLD


def test_what_has_no_border_stays() -> None:
    assert without_border(KNOWN) is None
    assert without_border(pictures()[6].rgb) is None


def test_no_more_than_a_third_is_taken_at_either_end() -> None:
    plain = np.full((90, 60, 3), 200, np.uint8)
    found = without_border(plain)
    assert found is not None
    assert found.shape == (90 - 2 * int(90 * MOST), 60 - 2 * int(60 * MOST), 3)
    assert without_border(np.zeros((2, 2, 3), np.uint8)) is None


def reading(rgb: Rgb, bounds: Bounds) -> Reading:
    found = read(encode(rgb, "PNG"), "image/png", bounds)
    assert isinstance(found, Reading)
    return found


def test_the_part_within_is_hashed_too_where_that_is_wanted() -> None:
    framed = bordered(40, "black")
    assert reading(framed, OFF).pdq == reading(framed, ON).pdq[:8]
    assert reading(framed, ON).pdq[8:] == reading(KNOWN, OFF).pdq
    assert min(hamming(one, pdq(KNOWN)[0]) for one in reading(framed, OFF).pdq) > PDQ_THRESHOLD
    assert reading(KNOWN, ON) == reading(KNOWN, OFF)


def test_a_part_that_is_too_plain_is_not_hashed() -> None:
    # Two bright corners far apart give the whole its quality; a gentle slope is left within the border.
    slope = np.linspace(90, 110, 256).astype(np.uint8)[:, None, None].repeat(256, 1).repeat(3, 2)
    framed = np.asarray(ImageOps.expand(Image.fromarray(slope), 60, "white"))
    assert without_border(framed) is not None
    assert len(reading(framed, ON).pdq) == 8


def test_sixteen_hashes_travel_and_no_other_number_but_eight() -> None:
    found = reading(bordered(40, "black"), ON)
    assert unpack_answer(pack_answer(found)) == found
    header, blobs = unpack(pack_answer(found))
    for wrong in (blobs[0][:32], blobs[0][: 32 * 15], blobs[0] + blobs[0][:256]):
        with pytest.raises(FrameError):
            unpack_answer(pack(header_of(header), [wrong, *blobs[1:]]))


def header_of(header: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in header.items() if name != "blobs"}


async def test_a_decoder_process_does_as_its_settings_say() -> None:
    data = encode(bordered(40, "black"), "PNG")
    for borders, count in ((False, 8), (True, 16)):
        pool = await DecoderPool.open(settings(pdq_borders=borders))
        try:
            found = await pool.decode(data, "image/png")
        finally:
            await pool.close()
        assert isinstance(found, Reading)
        assert len(found.pdq) == count
