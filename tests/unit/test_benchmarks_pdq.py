"""The benchmark's parts: pictures that do not change, a difference that is seen, distances that are counted."""

import numpy as np
import pytest

from benchmarks.pdq.__main__ import main
from benchmarks.pdq.pictures import SIZES, pictures
from benchmarks.pdq.speed import differing, timed
from benchmarks.pdq.survival import CHANGES, survival, usable
from sluice.hashing import Rgb
from sluice.pdq_engines import ReferencePdq
from sluice.samples.patterns import plasma


class Wrong(ReferencePdq):
    """Says what pdqhash says, but for the quality of wide pictures."""

    def hash(self, rgb: Rgb) -> tuple[bytes, int]:
        bits, quality = super().hash(rgb)
        return bits, quality + (rgb.shape[1] > rgb.shape[0])


def test_the_same_pictures_every_time() -> None:
    once, again = list(pictures(40)), list(pictures(40))
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))
    assert [one.shape[:2] for one in once[: len(SIZES)]] == list(SIZES)


def test_a_difference_is_counted() -> None:
    wide = sum(one.shape[1] > one.shape[0] for one in pictures(20))
    assert differing(pictures(20), ReferencePdq(), [ReferencePdq()]) == (20, 0)
    assert differing(pictures(20), ReferencePdq(), [ReferencePdq(), Wrong()]) == (20, wide)
    assert wide > 0


def test_both_sides_are_timed() -> None:
    found = timed(64, ReferencePdq(), ReferencePdq(), 2)
    assert found.side == 64
    assert min(found.reference, found.ours, found.reference_variants, found.ours_variants, found.ratio) > 0


@pytest.mark.parametrize("change", ["JPEG, quality 90", "mirrored, eight queries", "grey", "resized to 50 %"])
def test_small_changes_are_survived(change: str) -> None:
    found = survival(change, {"plasma": plasma(512, 512)})
    assert found.most <= 31
    assert (found.within, found.pictures) == (1, 1)


@pytest.mark.parametrize("change", ["mirrored, one query", "black border of 5 % a side"])
def test_others_are_not(change: str) -> None:
    found = survival(change, {"plasma": plasma(512, 512)})
    assert found.median == found.most > 31
    assert found.within == 0


def test_pictures_without_quality_are_left_out() -> None:
    flat = np.full((100, 100, 3), 7, np.uint8)
    assert list(usable({"flat": flat, "plasma": plasma(512, 512)})) == ["plasma"]


def test_every_change_leaves_a_picture() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (80, 100, 3), np.uint8)
    for change in CHANGES:
        assert survival(change, {"noise": rgb}).pictures == 1


def test_the_survival_table_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--survival"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith('{"JPEG, quality 90": {"generated": [')
