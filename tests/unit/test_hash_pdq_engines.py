"""PDQ by the extension is PDQ by pdqhash, to the last bit; and whoever computes it, the kit's answer is the same."""

import subprocess
import sys

import numpy as np
import pdqhash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.pdq.pictures import SIZES, noise, one_colour, patches, pictures
from benchmarks.pdq.survival import generated, photographed
from sluice import hashing
from sluice.extension import extension
from sluice.hashing import Rgb, pdq, pdq_dihedral
from sluice.pdq_engines import NativePdq, PdqEngine, ReferencePdq, native_engines, pdq_engine


def engines() -> tuple[PdqEngine, ...]:
    """Every engine that is here: pdqhash always, the extension with each of its sets of instructions."""
    return ReferencePdq(), *native_engines()


def packed(vector: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> bytes:
    return bytes(int("".join(map(str, vector[at : at + 8])), 2) for at in range(0, 256, 8))


def agree(rgb: Rgb) -> None:
    vector, quality = pdqhash.compute(rgb)
    variants, same_quality = pdqhash.compute_dihedral(rgb)
    for engine in engines():
        assert engine.hash(rgb) == (packed(vector), quality), rgb.shape
        assert engine.dihedral(rgb) == (tuple(map(packed, variants)), same_quality), rgb.shape


def test_hundreds_of_generated_pictures() -> None:
    for rgb in pictures(400, seed=7, longest=400):
        agree(rgb)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_sizes_at_which_the_filter_changes(height: int, width: int) -> None:
    source = np.random.default_rng([height, width])
    for kind in (noise, one_colour, patches):
        agree(kind(source, height, width))


def test_a_large_picture_and_long_strips() -> None:
    source = np.random.default_rng(3)
    for height, width in ((2100, 1700), (6, 40_000), (40_000, 6)):
        agree(noise(source, height, width))


def test_pictures_with_something_on_them() -> None:
    for rgb in (*generated().values(), *photographed().values()):
        agree(rgb)


@settings(max_examples=60, deadline=None)
@given(height=st.integers(1, 200), width=st.integers(1, 200), seed=st.integers(0, 2**32))
def test_any_size(height: int, width: int, seed: int) -> None:
    agree(noise(np.random.default_rng(seed), height, width))


def test_every_colour_alone_comes_out_alike() -> None:
    # What the transform leaves of one colour is rounding and nothing else: the median is then compared with noise.
    for level in range(0, 256, 5):
        agree(np.full((70, 90, 3), level, np.uint8))


def test_the_kit_answers_as_pdqhash_does() -> None:
    for height, width in ((300, 200), (64, 64), (3, 50)):
        rgb = noise(np.random.default_rng(height), height, width)
        assert pdq(rgb) == ReferencePdq().hash(rgb)
        assert pdq_dihedral(rgb) == ReferencePdq().dihedral(rgb)


def test_rows_that_lie_apart_are_copied() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (200, 300, 4), np.uint8)
    for view in (rgb[:, :, :3], rgb[::-1, :, 2::-1], rgb[::2, ::3, 1:]):
        assert pdq(view) == ReferencePdq().hash(np.ascontiguousarray(view))


def test_without_the_extension_pdqhash_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sluice._native", None)
    extension.cache_clear()
    pdq_engine.cache_clear()
    try:
        assert isinstance(pdq_engine(), ReferencePdq)
        assert native_engines() == ()
        rgb = noise(np.random.default_rng(2), 100, 80)
        assert hashing.pdq(rgb) == ReferencePdq().hash(rgb)
    finally:
        extension.cache_clear()
        pdq_engine.cache_clear()


def test_the_extension_is_used_where_it_is() -> None:
    assert isinstance(pdq_engine(), NativePdq) == (extension() is not None)


def test_more_pixels_than_the_reference_can_count_are_refused() -> None:
    # Takes no memory: every row is the same one.
    endless = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (1 << 16, 1 << 15, 3))
    with pytest.raises(ValueError, match="fewer than 2\\^31"):
        pdq(endless)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (9, 9), (0, 9), (1 << 40, 1 << 40)])
def test_the_extension_refuses_sizes_that_the_pixels_do_not_have(height: int, width: int) -> None:
    found, rgb = extension(), np.zeros((8, 9, 3), np.uint8)
    if found is not None:
        for function in (found.pdq, found.pdq_dihedral):
            with pytest.raises(ValueError, match="size"):
                function(rgb, height, width)
            with pytest.raises(ValueError, match="instructions"):
                function(rgb, 8, 9, "mmx")


def test_the_decoder_has_it_before_it_forks_workers() -> None:
    # A worker can open no file: what it has not loaded by then it never has.
    code = (
        "import sys; from ingest.decoder.child import _warm; _warm(1 << 24);"
        "from sluice.pdq_engines import pdq_engine;"
        "print('sluice._native' in sys.modules, pdq_engine.cache_info().currsize)"
    )
    run = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [str(extension() is not None), "1"]
