"""Containers tell about their frames and sizes before a decoder opens them."""

import pytest

from ingest.decoder.sniff import Format
from ingest.decoder.structure import animated, cut_off, webp_size
from tests.unit.hostile_pictures import FORMATS, animation, blobs, chunk, encoded, png


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
def test_two_frames_are_seen(form: str) -> None:
    assert animated(Format(form), animation(form))


@pytest.mark.parametrize("form", FORMATS)
def test_one_frame_is_no_animation(form: str) -> None:
    assert not animated(Format(form), encoded(blobs(), form))


@pytest.mark.parametrize("name", [b"acTL", b"fcTL", b"fdAT"])
def test_a_png_with_any_chunk_of_an_animation_counts(name: bytes) -> None:
    # Two control chunks make Pillow forget the animation; what a viewer makes of them nobody knows.
    assert animated(Format.PNG, png(32, 32, b"", extra=chunk(name, bytes(8))))


@pytest.mark.parametrize(
    ("options", "mode"), [({}, "RGB"), ({}, "RGBA"), ({"lossless": True}, "RGB"), ({"exif": b"Exif\0\0"}, "RGB")]
)
def test_the_size_of_a_webp_is_read_from_its_first_chunk(options: dict[str, object], mode: str) -> None:
    assert webp_size(encoded(blobs(331, 77).convert(mode), "WEBP", **options)) == (331, 77)


def test_a_webp_without_a_picture_has_no_size() -> None:
    assert webp_size(b"RIFF\x04\x00\x00\x00WEBP") is None
    assert webp_size(b"RIFF\x10\x00\x00\x00WEBPJUNK\x00\x00\x00\x00") is None


@pytest.mark.parametrize("form", ["PNG", "WEBP", "AVIF"])
def test_a_cut_file_says_so_itself(form: str) -> None:
    data = encoded(blobs(), form)
    assert not cut_off(Format(form), data)
    assert all(cut_off(Format(form), data[:length]) for length in range(16, len(data), 97))
    assert cut_off(Format(form), data[:-1])


@pytest.mark.parametrize("form", FORMATS)
def test_no_bytes_lead_a_walk_astray(form: str) -> None:
    data = encoded(blobs(), form)
    for junk in (b"", data[:12], data[:12] + b"\xff" * 64, data[:12] + bytes(64), data + b"\xff" * 64):
        assert animated(Format(form), junk) in (True, False)
        assert cut_off(Format(form), junk) in (True, False)
        webp_size(junk)
