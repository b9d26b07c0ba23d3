"""N-grams are the same in every process and on every machine: the heads' weights hang on it."""

import hashlib

import numpy as np
import pytest

from sluice.text.ngrams import BUCKETS, grams, vector, vectors

GOLDEN_AB = [(7086, 1), (13392, 1), (22326, 1), (26833, 1), (31020, 1), (31545, 1), (61361, 1)]
GOLDEN_PAIR = [
    (2118, 1),
    (13392, 1),
    (15122, 1),
    (23429, 1),
    (26090, 1),
    (26833, 1),
    (35005, 1),
    (36565, 1),
    (57199, 1),
]
GOLDEN_CYRILLIC = [(6869, 1), (16675, 1), (26596, 1), (30247, 1), (31629, 1), (32084, 1), (44911, 1)]
GOLDEN_BUCKETS = "73dc9c270eef12f38ce92bc4cdfa698876ab6b08720dee37f509f948fdab90e1"
GOLDEN_COUNTS = "1af439516eb8f64bf309f0764fdfe78351600fb98de888fd61a49acbfa395b41"

TEXTS = (
    "a watercolor of a lighthouse at dawn, soft light",
    "How to kill a Python process?",
    "日本語 ёж İstanbul naïve",
    "lamp " * 40 + "x",
    "ab",
    "",
    "!?",
)


@pytest.mark.parametrize(
    ("text", "found"), [("ab", GOLDEN_AB), ("a b", GOLDEN_PAIR), ("ёж", GOLDEN_CYRILLIC), ("", [])]
)
def test_buckets_are_stable(text: str, found: list[tuple[int, int]]) -> None:
    assert sorted(grams(text).items()) == found


def test_buckets_and_counts_of_longer_texts_are_stable() -> None:
    found = vector("How to kill a Python process? 日本語 ёж")
    assert hashlib.sha256(found.buckets.astype("<i4").tobytes()).hexdigest() == GOLDEN_BUCKETS
    counts = "".join(repr(sorted(grams(text).items())) for text in TEXTS)
    assert hashlib.sha256(counts.encode()).hexdigest() == GOLDEN_COUNTS


def test_values_are_stable() -> None:
    expected = [0.2392715] + [0.4051219] * 3 + [0.2392715] * 3 + [0.4051219] + [0.2392715] * 2
    assert vector("a a b").values.tolist() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("rarity", [None, (np.arange(BUCKETS) % 7 + 1).astype(np.float32)])
def test_a_text_does_not_feel_the_texts_beside_it(
    rarity: np.ndarray[tuple[int], np.dtype[np.float32]] | None,
) -> None:
    for text, found in zip(TEXTS, vectors(TEXTS, rarity), strict=True):
        alone = vector(text, rarity)
        assert found.buckets.tolist() == alone.buckets.tolist()
        assert found.values.tolist() == pytest.approx(alone.values.tolist(), rel=1e-6)


def test_no_texts_no_vectors() -> None:
    assert vectors([]) == []


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
