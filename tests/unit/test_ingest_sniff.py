"""The type of a picture is what its first bytes say, and nothing else."""

import pytest

from ingest.decoder.sniff import Format, declared_as_is, sniff
from tests.unit.hostile_pictures import FORMATS, animation, blobs, encoded


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_known_by_its_bytes(form: str) -> None:
    assert sniff(encoded(blobs(), form)) is Format(form)


def test_a_sequence_of_avif_pictures_is_avif() -> None:
    assert sniff(animation("AVIF")) is Format.AVIF


def test_a_telephone_s_picture_is_heic() -> None:
    assert sniff(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic") is Format.HEIC
    assert sniff(b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic") is Format.HEIC


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\x89PNG",
        b"RIFF\x10\x00\x00\x00WAVE",
        b"GIF90a",
        b"BM" + bytes(60),
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04",
        b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1miaf",
        b"\xff\xff\xff\xffftypisom",
        b"II*",
        bytes(100),
    ],
)
def test_everything_else_is_unknown(data: bytes) -> None:
    assert sniff(data) is None


@pytest.mark.parametrize(
    ("declared", "agrees"),
    [
        ("", True),
        ("application/octet-stream", True),
        ("image/jpeg", True),
        ("IMAGE/JPEG; q=1", True),
        ("image/jpg", True),
        ("image/png", False),
        ("text/plain", False),
        ("image/*", False),
    ],
)
def test_a_declared_type_has_to_agree(declared: str, agrees: bool) -> None:
    assert declared_as_is(declared, Format.JPEG) is agrees
