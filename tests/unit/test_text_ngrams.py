"""N-grams are the same in every process and on every machine: the heads' weights hang on it."""

import hashlib

import numpy as np
import pytest

from sluice.text.ngrams import BUCKETS, grams, vector

GOLDEN_AB = [(7086, 1), (13392, 1), (22326, 1), (26833, 1), (31020, 1), (31545, 1), (61361, 1)]
GOLDEN_DIGEST = "73dc9c270eef12f38ce92bc4cdfa698876ab6b08720dee37f509f948fdab90e1"


def test_buckets_are_stable() -> None:
    assert sorted(grams("ab").items()) == GOLDEN_AB
    found = vector("How to kill a Python process? 日本語 ёж")
    digest = hashlib.sha256(found.buckets.astype("<i4").tobytes()).hexdigest()
    assert digest == GOLDEN_DIGEST


def test_counts_are_damped_and_the_length_is_one() -> None:
    once, often = vector("lamp"), vector("lamp " * 50)
    assert np.linalg.norm(often.values) == pytest.approx(1)
    assert set(once.buckets) < set(often.buckets)
    assert np.all(np.diff(often.buckets) > 0)
    assert 0 <= often.buckets.min() <= often.buckets.max() < BUCKETS


def test_case_does_not_count_and_order_does() -> None:
    assert np.array_equal(vector("Red Cat").buckets, vector("red cat").buckets)
    assert not np.array_equal(vector("red cat").buckets, vector("cat red").buckets)


def test_rarity_scales_before_the_length_is_set() -> None:
    plain = vector("red cat")
    rarity = np.ones(BUCKETS, np.float32)
    rarity[plain.buckets[0]] = 3
    scaled = vector("red cat", rarity)
    assert scaled.values[0] / scaled.values[1] == pytest.approx(3 * plain.values[0] / plain.values[1], rel=1e-5)
    assert np.linalg.norm(scaled.values) == pytest.approx(1)


@pytest.mark.parametrize("text", ["", "  ", "!?", "💣"])
def test_a_text_without_words_has_no_buckets(text: str) -> None:
    assert len(vector(text).buckets) == 0
