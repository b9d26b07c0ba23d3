"""Shares, their intervals and tests, against published figures, their definitions, and SciPy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from sluice.shares import Share, mcnemar, newcombe, quantile, wilson

shares = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_z_is_the_usual_one() -> None:
    assert quantile() == pytest.approx(1.959964, abs=1e-6)
    assert quantile(0.01) == pytest.approx(2.575829, abs=1e-6)


@given(shares)
def test_wilson_is_scipys(share: tuple[int, int]) -> None:
    hits, n = share
    theirs = binomtest(hits, n).proportion_ci(0.95, "wilson")
    assert wilson(hits, n, quantile()) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(shares)
def test_wilson_holds_the_share_within_bounds(share: tuple[int, int]) -> None:
    hits, n = share
    low, high = Share(hits, n).interval()
    assert 0 <= low <= hits / n <= high <= 1
    assert high - low > 0


def test_no_rows_say_nothing() -> None:
    assert Share(0, 0).value is None
    assert Share(0, 0).interval() == (0.0, 1.0)


def test_newcombe_as_published() -> None:
    # Newcombe 1998, table II, method 10: 56/70 - 48/80 and 9/10 - 3/10.
    assert newcombe(Share(48, 80), Share(56, 70)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert newcombe(Share(3, 10), Share(9, 10)) == pytest.approx((0.1705, 0.8090), abs=5e-5)


@given(shares, shares)
def test_newcombe_turns_round_with_its_arguments(one: tuple[int, int], other: tuple[int, int]) -> None:
    low, high = newcombe(Share(*one), Share(*other))
    turned = newcombe(Share(*other), Share(*one))
    assert (-turned[1], -turned[0]) == pytest.approx((low, high))
    assert -1 <= low <= other[0] / other[1] - one[0] / one[1] <= high <= 1


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_is_a_binomial_test(worse: int, better: int) -> None:
    expected = binomtest(worse, worse + better).pvalue if worse + better else 1.0
    assert mcnemar(worse, better) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_of_many_rows_is_a_number() -> None:
    assert mcnemar(3000, 3000) == 1.0
    assert 0 < mcnemar(2900, 3100) < 0.02
    assert mcnemar(0, 5000) == 0.0
