"""The watermark: written and read with one key, through compression and resizing, and nowhere else."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from provenance.fingerprint import luma
from provenance.watermark import Watermark
from sluice.errors import ConfigError
from sluice.hashing import Rgb
from tests.unit.provenance_pictures import encoded, scene

KEY = bytes(range(32))
IDENTITY = b"\x01\x80\xff\x00\x55\xaa"


def _psnr(one: Rgb, other: Rgb) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_mark_is_read_after_compression_and_resizing_and_hardly_seen(seed: int) -> None:
    watermark = Watermark(KEY)
    mark = watermark.mark(IDENTITY)
    picture = scene(seed, 768)
    marked = watermark.embed(picture, mark)
    assert _psnr(picture, marked) > 38
    for form, quality in (("PNG", 0), ("JPEG", 90), ("JPEG", 50), ("WEBP", 75)):
        assert watermark.read(luma(_decoded(encoded(marked, form, quality=quality)))) == mark, form
    for size in ((512, 512), (300, 256), (1000, 900)):
        resized = Image.fromarray(marked).resize(size)
        assert watermark.read(luma(np.asarray(resized))) == mark, size
    assert watermark.read(luma(np.ascontiguousarray(marked[:, ::-1]))) == mark


def test_nothing_is_read_where_there_is_no_mark_or_another_key() -> None:
    watermark, other = Watermark(KEY), Watermark(KEY[::-1])
    marked = watermark.embed(scene(1), watermark.mark(IDENTITY))
    assert other.read(luma(marked)) is None
    assert all(watermark.read(luma(scene(seed))) is None for seed in range(20))


def test_half_of_the_bits_are_right_by_chance() -> None:
    watermark = Watermark(KEY)
    mark = int.from_bytes(watermark.mark(IDENTITY), "big")
    right = [64 - (int.from_bytes(watermark.bits(luma(scene(seed))), "big") ^ mark).bit_count() for seed in range(20)]
    assert 26 < np.mean(right) < 38


def test_a_mark_has_a_random_id_and_its_check() -> None:
    watermark = Watermark(KEY)
    assert watermark.mark() != watermark.mark()
    assert watermark.mark(IDENTITY)[:6] == IDENTITY
    assert watermark.mark(IDENTITY)[6:] != Watermark(KEY[::-1]).mark(IDENTITY)[6:]


def test_the_key_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(KEY)
    assert Watermark.of_file(path).mark(IDENTITY) == Watermark(KEY).mark(IDENTITY)
    path.write_bytes(b"short")
    with pytest.raises(ConfigError, match="16 bytes"):
        Watermark.of_file(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        Watermark.of_file(tmp_path / "none")


def test_what_is_no_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="8 bytes"):
        Watermark(KEY).embed(scene(1, 64), b"short")
    with pytest.raises(ValueError, match="6 bytes"):
        Watermark(KEY).mark(b"short")


def _decoded(data: bytes) -> Rgb:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
