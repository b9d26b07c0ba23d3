"""Colours by profile, by gamma, in ink: what a viewer shows is what is judged."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from ingest.decoder.answer import Reading, Refusal, Trouble
from ingest.decoder.picture import Bounds, read
from tests.unit.hostile_pictures import blobs, chunk, difference, encoded, opened

BOUNDS = Bounds(max_bytes=4 << 20, max_pixels=4_000_000)
NAMES = (b"rXYZ", b"gXYZ", b"bXYZ")
D50 = (0.9642, 1.0, 0.8249)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def reading(data: bytes) -> Reading:
    answer = read(data, "", BOUNDS)
    assert isinstance(answer, Reading), answer
    return answer


def names(data: bytes) -> list[str]:
    return [view.what for view in reading(data).views]


def first(data: bytes) -> Image.Image:
    return opened(reading(data).rendition.data)


def s15(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def profile(columns: list[tuple[float, float, float]], gamma: float = 2.2) -> bytes:
    """A matrix profile (ICC.1, section 8.3.3) whose primaries have these XYZ."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = {b"wtpt": b"XYZ " + bytes(4) + s15(*D50)}
    tags |= {name: b"XYZ " + bytes(4) + s15(*column) for name, column in zip(NAMES, columns, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", at + len(body), len(value))
        body += value
    size = struct.pack(">I", at + len(body))
    head = size + b"none" + bytes.fromhex("02100000") + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28) + s15(*D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


PRIMARIES = [(0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)]
WIDE = profile([(0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249)], 1.8)
SWAPPED = profile([PRIMARIES[1], PRIMARIES[2], PRIMARIES[0]])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_srgb_itself_changes_nothing(form: str) -> None:
    assert names(encoded(blobs(), form, icc_profile=SRGB)) == ["as shown"]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_wide_gamut_is_brought_to_srgb(form: str) -> None:
    muted = Image.new("RGB", (64, 64), (120, 100, 90))
    expected = np.asarray(
        ImageCms.profileToProfile(muted, ImageCms.ImageCmsProfile(io.BytesIO(WIDE)), ImageCms.createProfile("sRGB"))
    )[0, 0]
    seen = np.asarray(first(encoded(muted, form, icc_profile=WIDE)))[32, 32]
    assert np.abs(expected.astype(int) - (120, 100, 90)).max() > 15
    assert np.abs(seen.astype(int) - expected).max() <= 6


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_profile_that_makes_another_picture_shows_both(form: str) -> None:
    data = encoded(blobs(), form, icc_profile=SWAPPED)
    assert names(data) == ["as shown", "without its profile"]
    by_profile, plain = (opened(view.rendition.data) for view in reading(data).views)
    assert difference(plain, blobs()) < 5
    assert difference(by_profile, blobs()) > 30


def test_a_curve_that_hides_a_picture_in_the_dark_shows_both() -> None:
    dim = blobs().point(lambda level: level // 3)
    assert names(encoded(dim, "PNG", icc_profile=profile(PRIMARIES, 8.0))) == ["as shown", "without its profile"]


@pytest.mark.parametrize(
    "broken",
    [
        b"\xff" * 300,
        bytes(128),
        WIDE[:200],
        WIDE[:128] + b"\xff\xff\xff\xff" + WIDE[132:],
        WIDE.replace(b"RGB ", b"CMYK"),
        WIDE.replace(b"mntr", b"link"),
        WIDE.replace(b"curv", b"text"),
    ],
)
def test_a_profile_that_cannot_be_used_changes_nothing(broken: bytes) -> None:
    assert names(encoded(blobs(), "JPEG", icc_profile=broken)) == ["as shown"]


def test_a_grey_picture_with_a_profile_of_colours_is_read() -> None:
    assert names(encoded(blobs().convert("L"), "JPEG", icc_profile=WIDE)) == ["as shown"]


def gamma(value: int) -> bytes:
    """A PNG of soft blobs with a gamma chunk."""
    data = encoded(blobs(), "PNG")
    return data[:33] + chunk(b"gAMA", value.to_bytes(4, "big")) + data[33:]


def test_a_usual_gamma_changes_nothing() -> None:
    assert names(gamma(45_455)) == ["as shown"]
    assert difference(first(gamma(45_455)), blobs()) < 3


def test_a_gamma_that_makes_another_picture_shows_both() -> None:
    data = gamma(4_000)
    assert names(data) == ["as shown", "without its profile"]
    assert difference(first(data), Image.new("RGB", (200, 160), "black")) < 40


def test_a_picture_in_every_other_pixel_is_found() -> None:
    """Two pictures in one file: viewers that mind gamma show one, the others the other."""
    dark = np.asarray(blobs(seed=1)).astype(np.float64) / 255
    both = np.asarray(blobs()).copy()
    # One pixel of four is bright; gamma makes the others black and these the second picture.
    both[::2, ::2] = np.round(255 * (0.85 + 0.15 * dark[::2, ::2])).astype(np.uint8)
    data = encoded(Image.fromarray(both), "PNG")
    found = reading(data[:33] + chunk(b"gAMA", (4_000).to_bytes(4, "big")) + data[33:])
    assert len(found.views) == 2


def test_colours_for_a_bright_screen_are_refused_in_a_png() -> None:
    data = encoded(blobs(), "PNG")
    coded = data[:33] + chunk(b"cICP", bytes([9, 8, 0, 1])) + data[33:]
    assert read(coded, "", BOUNDS) == Refusal(Trouble.UNDECODABLE, "colours coded with transfer function 8")
    assert names(data[:33] + chunk(b"cICP", bytes([1, 13, 0, 1])) + data[33:]) == ["as shown"]


def test_inks_are_not_inverted() -> None:
    """Adobe writes CMYK upside down and says so in a segment; Pillow writes and reads it like that."""
    image = blobs()
    data = encoded(image.convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data
    assert difference(first(data), image) < 6


def test_sixteen_bits_a_colour_are_read() -> None:
    rows = np.repeat(np.linspace(0, 65535, 64).astype(">u2")[None, :], 64, axis=0)
    packed = b"".join(b"\0" + np.repeat(row[:, None], 3, axis=1).tobytes() for row in rows)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 16, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(packed)) + chunk(b"IEND", b"")
    row = np.asarray(first(data))[32, :, 0].astype(int)
    assert np.abs(row - np.linspace(0, 255, 64)).max() < 6
