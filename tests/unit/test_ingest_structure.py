"""Containers tell about their frames and sizes before a decoder opens them."""

import contextlib

import pytest

from ingest.decoder.answer import Trouble, UnreadableError
from ingest.decoder.sniff import Format
from ingest.decoder.structure import cut_off, frames, metadata_bytes, png_gamma, png_transfer, webp_size
from tests.unit.hostile_pictures import FORMATS, animation, blobs, chunk, encoded, png


def box(name: bytes, body: bytes = b"") -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + name + body


def contradicts(form: Format, data: bytes) -> bool:
    with pytest.raises(UnreadableError) as caught:
        frames(form, data)
    return caught.value.refusal.trouble is Trouble.ANIMATED


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
def test_two_frames_are_counted(form: str) -> None:
    assert frames(Format(form), animation(form)) == 2


@pytest.mark.parametrize("form", FORMATS)
def test_one_frame_is_no_animation(form: str) -> None:
    assert frames(Format(form), encoded(blobs(), form)) in {1, None}


def test_a_still_picture_in_front_of_an_animation_is_a_frame_of_its_own() -> None:
    assert (
        frames(Format.PNG, encoded(blobs(), "PNG", save_all=True, default_image=True, append_images=[blobs()])) == 2
    )


@pytest.mark.parametrize("name", [b"acTL", b"fcTL", b"fdAT"])
def test_a_png_with_half_an_animation_contradicts_itself(name: bytes) -> None:
    assert contradicts(Format.PNG, png(32, 32, b"", extra=chunk(name, bytes(8))))


def test_an_animation_that_is_announced_twice_or_wrongly_contradicts_itself() -> None:
    # Two control chunks make Pillow forget the animation; what a viewer makes of them nobody knows.
    whole = animation("PNG")
    control = whole[whole.index(b"acTL") - 4 :][:20]
    assert contradicts(Format.PNG, whole.replace(control, control * 2))
    assert contradicts(Format.PNG, whole.replace(control, chunk(b"acTL", (1).to_bytes(4, "big") + bytes(4))))


def test_two_stills_or_a_still_beside_frames_contradict_a_webp() -> None:
    still, moving = encoded(blobs(), "WEBP"), animation("WEBP")
    assert contradicts(Format.WEBP, still + still[12:])
    assert contradicts(Format.WEBP, moving + still[12:])


@pytest.mark.parametrize("form", [Format.AVIF, Format.HEIC])
def test_a_track_beside_a_still_is_a_sequence(form: Format) -> None:
    brand = form.name.lower().encode()
    start = box(b"ftyp", brand + bytes(4) + brand)
    assert frames(form, start + box(b"meta")) == 1
    assert contradicts(form, start + box(b"meta") + box(b"moov"))
    assert contradicts(form, box(b"ftyp", b"mif1" + bytes(4) + brand + (b"avis" if brand == b"avif" else b"hevc")))


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("JPEG", {"comment": b"x" * 5000}),
        ("JPEG", {"exif": b"Exif\0\0" + bytes(4994)}),
        ("JPEG", {"icc_profile": bytes(5000)}),
        ("PNG", {"exif": b"Exif\0\0" + bytes(5000)}),
        ("WEBP", {"xmp": b"x" * 5000}),
        ("GIF", {"comment": b"x" * 5000}),
    ],
)
def test_what_is_no_pixels_is_counted(form: str, options: dict[str, object]) -> None:
    plain, more = (metadata_bytes(Format(form), encoded(blobs(), form, **one)) for one in ({}, options))
    assert plain < 100
    assert 5000 <= more - plain < 5100


def test_a_gamma_counts_where_no_profile_does() -> None:
    gamma = chunk(b"gAMA", (100_000).to_bytes(4, "big"))
    assert png_gamma(png(32, 32, b"", extra=gamma)) == 1.0
    assert png_gamma(png(32, 32, b"", extra=gamma + chunk(b"sRGB", b"\0"))) is None
    assert png_gamma(png(32, 32, b"", extra=gamma + chunk(b"iCCP", b"x\0\0"))) is None
    assert png_gamma(png(32, 32, b"", extra=chunk(b"gAMA", bytes(4)))) is None
    assert png_gamma(png(32, 32, b"")) is None


def test_a_coded_transfer_function_is_found() -> None:
    assert png_transfer(png(32, 32, b"", extra=chunk(b"cICP", bytes([1, 16, 0, 1])))) == 16
    assert png_transfer(png(32, 32, b"")) is None


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
        with contextlib.suppress(UnreadableError):
            assert frames(Format(form), junk) in {None, *range(514)}
        assert cut_off(Format(form), junk) in (True, False)
        assert metadata_bytes(Format(form), junk) >= 0
        webp_size(junk)
