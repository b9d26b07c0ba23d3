"""One picture in, one reading or one refusal out, whatever the bytes are."""

import random
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from ingest.decoder.answer import Reading, Refusal, Trouble
from ingest.decoder.picture import Bounds, read
from sluice.hashing import DIHEDRAL, hamming, pdq
from tests.unit.hostile_pictures import (
    FORMATS,
    animation,
    blobs,
    chunk,
    difference,
    encoded,
    opened,
    png,
    png_bomb,
    tiff_of_size,
    tiff_with_many_tags,
)

BOUNDS = Bounds(max_bytes=4 << 20, max_pixels=4_000_000)


def text_chunk(text: str) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("comment", text)
    return info


def reading(data: bytes, declared: str = "") -> Reading:
    answer = read(data, declared, BOUNDS)
    assert isinstance(answer, Reading), answer
    return answer


def trouble(data: bytes, declared: str = "", bounds: Bounds = BOUNDS) -> Trouble:
    answer = read(data, declared, bounds)
    assert isinstance(answer, Refusal), "it was read"
    return answer.trouble


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_read(form: str) -> None:
    image = blobs(1000, 700)
    found = reading(encoded(image, form), f"image/{form.lower()}")
    assert (found.media_type, found.width, found.height) == (f"image/{form.lower()}", 1000, 700)
    assert (found.rendition.width, found.rendition.height) == (512, 358)
    assert [(tile.left, tile.top) for tile in found.tiles] == [(0, 0), (360, 0), (0, 60), (360, 60)]
    # GIF has 256 colours and shows the others as dots.
    assert difference(opened(found.rendition.data), blobs(512, 358)) < (12 if form == "GIF" else 5)


def test_pdq_is_of_the_stored_pixels_at_full_size() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(blobs(700, 500), "JPEG", exif=exif.tobytes())
    found = reading(data)
    assert (found.width, found.height) == (500, 700)
    assert (found.pdq[0], found.pdq_quality) == pdq(np.asarray(opened(data)))
    assert len(found.pdq) == len(DIHEDRAL)


def test_a_mirrored_picture_is_among_the_variants() -> None:
    one = reading(encoded(blobs(), "PNG"))
    other = reading(encoded(blobs().transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG"))
    assert hamming(one.pdq[0], other.pdq[0]) > 90
    assert hamming(one.pdq[DIHEDRAL.index("flipped left-right")], other.pdq[0]) <= 31


def test_a_second_picture_behind_a_jpeg_is_not_shown_and_not_refused() -> None:
    assert reading(animation("MPO")).media_type == "image/jpeg"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(encoded(blobs().convert("CMYK"), "JPEG"), id="CMYK"),
        pytest.param(encoded(blobs().convert("L"), "JPEG", progressive=True), id="progressive grey"),
        pytest.param(encoded(Image.new("I;16", (64, 64), 30_000), "PNG"), id="16 bits"),
        pytest.param(encoded(blobs().convert("P"), "PNG", transparency=0), id="palette"),
        pytest.param(encoded(blobs(), "JPEG", icc_profile=b"\xff" * 300), id="broken ICC profile"),
        pytest.param(encoded(blobs(), "PNG", icc_profile=b"\0" * 128), id="empty ICC profile"),
        pytest.param(encoded(blobs(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"), id="broken EXIF"),
        pytest.param(encoded(blobs(), "JPEG") + b"behind the end", id="trailing data"),
    ],
)
def test_odd_but_whole_pictures_are_read(data: bytes) -> None:
    assert reading(data).rendition.data


@pytest.mark.parametrize("form", FORMATS)
def test_a_cut_picture_is_refused_wherever_it_ends(form: str) -> None:
    data = encoded(blobs(), form)
    # The trailer of a GIF, one byte behind the last pixel and an empty block, may be missing.
    whole = len(data) - (2 if form == "GIF" else 0)
    answers = {trouble(data[:length]) for length in [*range(20, whole, len(data) // 40), whole - 1]}
    assert answers <= {Trouble.TRUNCATED, Trouble.UNDECODABLE}
    assert Trouble.TRUNCATED in answers


@pytest.mark.parametrize("form", ["TIFF", "AVIF"])
def test_more_than_one_picture_is_refused(form: str) -> None:
    assert trouble(animation(form)) is Trouble.ANIMATED


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("JPEG", {"comment": b"x" * 60_000}),
        ("PNG", {"icc_profile": random.Random(1).randbytes(60_000)}),
        ("PNG", {"pnginfo": text_chunk("x" * 60_000)}),
        ("WEBP", {"xmp": b"x" * 60_000}),
        ("AVIF", {"xmp": b"x" * 60_000}),
        ("TIFF", {"icc_profile": b"x" * 60_000}),
        ("GIF", {"comment": b"x" * 60_000}),
    ],
)
def test_more_than_a_measure_of_metadata_is_refused(form: str, options: dict[str, Any]) -> None:
    data = encoded(blobs(), form, **options)
    assert trouble(data, bounds=Bounds(4 << 20, 4_000_000, max_metadata=50_000)) is Trouble.TOO_LARGE
    assert isinstance(read(data, "", Bounds(4 << 20, 4_000_000, max_metadata=70_000)), Reading)


def test_a_text_that_unpacks_to_much_is_refused() -> None:
    bomb = chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(8 << 20)))
    assert trouble(png(64, 64, zlib.compress(bytes(65 * 64)), bomb)) is Trouble.UNDECODABLE


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", Trouble.EMPTY, id="empty"),
        pytest.param(b"\x93\x1f" * 500, Trouble.UNKNOWN_TYPE, id="noise"),
        pytest.param(b"<svg/>", Trouble.UNKNOWN_TYPE, id="SVG"),
        pytest.param(encoded(blobs(), "BMP"), Trouble.UNKNOWN_TYPE, id="BMP"),
        pytest.param(b"\xff\xd8\xff" + b"\x93\x1f" * 500, Trouble.UNDECODABLE, id="noise as JPEG"),
        pytest.param(b"GIF89a" + b"\x40\x00" * 500, Trouble.UNDECODABLE, id="noise as GIF"),
        pytest.param(b"x" * (4 << 20) + b"x", Trouble.TOO_LARGE, id="one byte too large"),
        pytest.param(encoded(Image.new("RGB", (1, 1)), "PNG"), Trouble.TOO_SMALL, id="1x1"),
        pytest.param(encoded(Image.new("RGB", (15, 400)), "PNG"), Trouble.TOO_SMALL, id="15 wide"),
        pytest.param(encoded(Image.new("L", (3300, 100)), "PNG"), Trouble.TOO_SMALL, id="a strip"),
        pytest.param(encoded(Image.new("L", (30_001, 16)), "PNG"), Trouble.TOO_MANY_PIXELS, id="a side too long"),
        pytest.param(png_bomb(), Trouble.TOO_MANY_PIXELS, id="PNG bomb"),
        pytest.param(png(2**31 - 1, 2**31 - 1, b""), Trouble.TOO_MANY_PIXELS, id="PNG of 2^62 pixels"),
        pytest.param(tiff_of_size(60_000, 60_000), Trouble.TOO_MANY_PIXELS, id="TIFF of 3.6 gigapixels"),
        pytest.param(encoded(Image.new("L", (3000, 2000)), "WEBP"), Trouble.TOO_MANY_PIXELS, id="WebP"),
        pytest.param(encoded(Image.new("L", (3000, 2000)), "GIF"), Trouble.TOO_MANY_PIXELS, id="GIF"),
        pytest.param(encoded(Image.new("L", (3000, 2000)), "JPEG"), Trouble.TOO_MANY_PIXELS, id="JPEG"),
        pytest.param(encoded(Image.new("RGB", (3000, 2000)), "AVIF"), Trouble.TOO_MANY_PIXELS, id="AVIF"),
        pytest.param(tiff_with_many_tags(), Trouble.UNDECODABLE, id="TIFF of 65535 tags"),
        pytest.param(tiff_of_size(200, 200), Trouble.TRUNCATED, id="TIFF with one line of data"),
        pytest.param(png(64, 64, b"not zlib"), Trouble.UNDECODABLE, id="PNG with noise for pixels"),
        pytest.param(png(64, 64, zlib.compress(b"")), Trouble.TRUNCATED, id="PNG without pixels"),
        pytest.param(
            png(64, 64, b"", chunk(b"iCCP", b"p\0\0" + b"\xff" * 9)), Trouble.TRUNCATED, id="broken profile"
        ),
    ],
)
def test_what_cannot_be_judged_is_refused_with_its_reason(data: bytes, expected: Trouble) -> None:
    assert trouble(data) is expected


def test_a_wrong_checksum_is_refused() -> None:
    data = bytearray(encoded(blobs(), "PNG"))
    data[29] ^= 1
    assert trouble(bytes(data)) is Trouble.UNDECODABLE


def test_a_declared_type_that_differs_is_refused() -> None:
    gif = encoded(blobs(), "GIF")
    assert trouble(gif, "image/png") is Trouble.TYPE_MISMATCH
    assert trouble(gif, "text/plain") is Trouble.TYPE_MISMATCH
    assert reading(gif, "application/octet-stream").media_type == "image/gif"


def test_the_bounds_themselves_are_allowed() -> None:
    data = encoded(Image.new("L", (200, 100)), "PNG")
    assert isinstance(read(data, "", Bounds(len(data), 20_000)), Reading)
    assert trouble(data, bounds=Bounds(len(data) - 1, 20_000)) is Trouble.TOO_LARGE
    assert trouble(data, bounds=Bounds(len(data), 19_999)) is Trouble.TOO_MANY_PIXELS
