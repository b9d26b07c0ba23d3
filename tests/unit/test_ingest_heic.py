"""HEIC: read where its decoder is installed, upright and one picture a file."""

import pytest
from PIL import Image

from ingest.decoder import heic
from ingest.decoder.answer import Reading, Refusal, Trouble
from ingest.decoder.picture import Bounds, read
from tests.unit.heic_pictures import CLEAR, STILL, TURNED, TWO
from tests.unit.hostile_pictures import blobs, difference, opened

BOUNDS = Bounds(max_bytes=4 << 20, max_pixels=4_000_000)


@pytest.fixture(autouse=True)
def decoder() -> None:
    assert heic.installed()
    heic.register()


def test_it_is_read() -> None:
    for declared in ("image/heic", "image/heif", ""):
        found = read(STILL, declared, BOUNDS)
        assert isinstance(found, Reading), found
        assert (found.media_type, found.width, found.height) == ("image/heic", 96, 64)
        assert difference(opened(found.rendition.data), blobs(96, 64)) < 12


def test_it_is_turned_upright_once() -> None:
    found = read(TURNED, "", BOUNDS)
    assert isinstance(found, Reading), found
    assert (found.width, found.height) == (96, 64)
    assert difference(opened(found.rendition.data), blobs(96, 64)) < 12


def test_its_alpha_channel_has_views() -> None:
    found = read(CLEAR, "", BOUNDS)
    assert isinstance(found, Reading), found
    assert [view.what for view in found.views] == ["on white", "on black", "without transparency"]


def test_two_pictures_in_one_file_are_refused() -> None:
    assert read(TWO, "", BOUNDS) == Refusal(Trouble.ANIMATED, "1 frames by its structure, 2 by its decoder")


def test_a_cut_file_is_refused() -> None:
    for at in range(40, len(STILL), 37):
        answer = read(STILL[:at], "", BOUNDS)
        assert isinstance(answer, Refusal)
        assert answer.trouble in {Trouble.TRUNCATED, Trouble.UNDECODABLE}


def test_without_its_decoder_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(Image.OPEN, "HEIF")
    answer = read(STILL, "", BOUNDS)
    assert isinstance(answer, Refusal)
    assert (answer.trouble, "install the extra heic" in answer.detail) == (Trouble.UNKNOWN_TYPE, True)


def test_a_plugin_that_is_not_there_is_not_looked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heic, "_PLUGINS", ("no_such_plugin",))
    assert not heic.installed()
    assert heic.registered()
