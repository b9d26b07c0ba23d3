"""Entropy, against its definition and SciPy."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy as scipy_entropy

from evaluation.stats import entropy


@given(st.lists(st.integers(0, 50), min_size=2, max_size=8).filter(any))
def test_entropy_is_scipys_over_its_greatest(counts: list[int]) -> None:
    assert entropy(counts, len(counts)) == pytest.approx(
        float(scipy_entropy(counts)) / math.log(len(counts)), abs=1e-9
    )


def test_entropy_at_its_ends() -> None:
    assert entropy([20, 0], 2) == 0.0
    assert entropy([10, 10], 2) == 1.0
    assert entropy([5, 5], 7) == pytest.approx(math.log(2) / math.log(7))
