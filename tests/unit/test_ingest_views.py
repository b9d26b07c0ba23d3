"""Whatever somebody may see in a picture is in one of its views, and a view is judged by itself."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ingest.decoder.answer import Reading, Refusal, Trouble
from ingest.decoder.picture import Bounds, read
from ingest.decoder.views import differ
from sluice.hashing import pdq
from tests.unit.hostile_pictures import animation, blobs, difference, encoded, opened

BOUNDS = Bounds(max_bytes=4 << 20, max_pixels=4_000_000)
SIZE = (200, 160)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def reading(data: bytes, bounds: Bounds = BOUNDS) -> Reading:
    answer = read(data, "", bounds)
    assert isinstance(answer, Reading), answer
    return answer


def names(found: Reading) -> list[str]:
    return [view.what for view in found.views]


def shown(found: Reading, what: str) -> Image.Image:
    (view,) = (view for view in found.views if view.what == what)
    return opened(view.rendition.data)


def moving(frames: list[Image.Image], form: str = "GIF") -> bytes:
    options = {"lossless": True} if form == "WEBP" else {}
    return encoded(frames[0], form, save_all=True, append_images=frames[1:], duration=20, **options)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF"])
def test_an_opaque_still_has_one_view(form: str) -> None:
    assert names(reading(encoded(blobs(), form))) == ["as shown"]


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_an_alpha_channel_that_hides_nothing_adds_no_view(form: str) -> None:
    assert names(reading(encoded(blobs().convert("RGBA"), form))) == ["as shown"]


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_what_only_a_dark_page_shows_is_a_view(form: str) -> None:
    hidden = Image.new("RGBA", SIZE, (255, 255, 255, 0))
    ImageDraw.Draw(hidden).ellipse((40, 40, 120, 120), fill=(255, 255, 255, 255))
    found = reading(encoded(hidden, form, **({"exact": True, "lossless": True} if form == "WEBP" else {})))
    assert names(found) == ["on white", "on black"]
    assert shown(found, "on white").getpixel((80, 80)) == WHITE
    assert shown(found, "on black").getpixel((5, 5)) == BLACK
    assert shown(found, "on black").getpixel((80, 80)) == WHITE


@pytest.mark.parametrize("alpha", [0, 1])
def test_what_is_left_when_transparency_is_dropped_is_a_view(alpha: int) -> None:
    hidden = blobs().convert("RGBA")
    hidden.putalpha(alpha)
    found = reading(encoded(hidden, "PNG"))
    assert names(found) == ["on white", "on black", "without transparency"]
    assert difference(shown(found, "on white"), Image.new("RGB", SIZE, "white")) < 3
    assert difference(shown(found, "on black"), Image.new("RGB", SIZE, "black")) < 3
    assert difference(shown(found, "without transparency"), blobs()) < 3
    # Lists of hashes are made from the colours underneath.
    assert found.pdq[0] == pdq(np.asarray(blobs()))[0]


def test_a_transparent_palette_entry_has_its_views() -> None:
    drawn = Image.new("P", SIZE, 1)
    drawn.putpalette([255, 0, 0, 0, 0, 255])
    drawn.paste(0, (0, 0, 100, 160))
    found = reading(encoded(drawn, "PNG", transparency=1))
    assert names(found) == ["on white", "on black", "without transparency"]
    seen = [shown(found, name).getpixel((150, 10)) for name in names(found)]
    assert seen[:2] == [WHITE, BLACK]
    # JPEG moves a pure blue by a level.
    assert seen[2] in {(0, 0, 255), (0, 0, 254)}


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("place", [0, 1, 4, 8])
def test_a_frame_that_flashes_by_is_a_view(form: str, place: int) -> None:
    frames = [blobs() for _ in range(9)]
    frames[place] = blobs(seed=1)
    found = reading(moving(frames, form))
    assert len(found.views) == 2
    seen = [opened(view.rendition.data) for view in found.views]
    wanted = [blobs(seed=1), blobs()] if place == 0 else [blobs(), blobs(seed=1)]
    assert [difference(*pair) < 14 for pair in zip(seen, wanted, strict=True)] == [True, True]


def test_a_word_in_one_frame_is_enough() -> None:
    plain = Image.new("RGB", (640, 480), (90, 120, 90))
    written = plain.copy()
    ImageDraw.Draw(written).text((300, 200), "ten pixels", fill=(230, 230, 230), font_size=12)
    found = reading(moving([plain, plain, written, plain], "PNG"))
    assert len(found.views) == 2


def test_a_still_in_front_of_an_animation_is_a_view() -> None:
    data = encoded(blobs(), "PNG", save_all=True, default_image=True, append_images=[blobs(seed=1), blobs(seed=1)])
    assert len(reading(data).views) == 2


def test_more_frames_that_differ_than_may_be_judged_are_refused() -> None:
    frames = [blobs(seed=number) for number in range(4)]
    assert len(reading(moving(frames), Bounds(4 << 20, 4_000_000, max_views=4)).views) == 4
    answer = read(moving(frames), "", Bounds(4 << 20, 4_000_000, max_views=3))
    assert answer == Refusal(Trouble.ANIMATED, "more than 3 frames or looks that differ")


def test_one_view_is_no_animation() -> None:
    assert read(animation("GIF"), "", Bounds(4 << 20, 4_000_000, max_views=1)) == Refusal(
        Trouble.ANIMATED, "2 frames"
    )


def test_the_pixels_of_all_frames_count() -> None:
    answer = read(moving([blobs(seed=number) for number in range(4)]), "", Bounds(4 << 20, 100_000))
    assert isinstance(answer, Refusal)
    assert answer.trouble is Trouble.TOO_MANY_PIXELS


def test_too_many_frames_are_refused_before_they_are_decoded() -> None:
    frames = [Image.new("L", (16, 16), number % 256) for number in range(513)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert read(out.getvalue(), "", BOUNDS) == Refusal(Trouble.ANIMATED, "513 frames")


def test_every_view_of_a_large_picture_has_tiles() -> None:
    clear = blobs(1000, 700).convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize((1000, 700)))
    found = reading(encoded(clear, "PNG"))
    assert [len(view.tiles) for view in found.views] == [4, 4, 4]
    assert len({view.pdq[0] for view in found.views}) >= 2


def test_noise_and_small_shifts_are_no_other_look() -> None:
    one = np.full((300, 400, 3), 120, np.uint8)
    noise = np.random.default_rng(1).integers(-8, 9, one.shape)
    assert not differ(one, (one + noise).astype(np.uint8), 16)
    spot = one.copy()
    spot[100:112, 100:112] = 0
    assert differ(one, spot, 16)
