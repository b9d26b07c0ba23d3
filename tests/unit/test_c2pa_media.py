"""A picture's type is what its first bytes say."""

import pytest

from sluice.media import EXTENSIONS, sniff
from sluice.samples.sample import MEDIA_TYPES
from tests.unit.signing import picture


@pytest.mark.parametrize(("picture_format", "media_type"), list(MEDIA_TYPES.items()))
def test_pictures_are_recognised(picture_format: str, media_type: str) -> None:
    assert sniff(picture(picture_format)) == media_type
    assert media_type in EXTENSIONS


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"MM\x00*\x00\x00\x00\x08", "image/tiff"),
        (b"II+\x00\x08\x00\x00\x00", "image/tiff"),
        (b"MM\x00+\x00\x08\x00\x00", "image/tiff"),
        (b"GIF87a", "image/gif"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "image/heic"),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heix", "image/heic"),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", "image/avif"),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1miaf", None),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00", None),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"%PDF-1.7", None),
        (b"\xff\xd8", None),
        (b"", None),
    ],
)
def test_other_beginnings(data: bytes, media_type: str | None) -> None:
    assert sniff(data) == media_type
