"""Ranking figures, against scikit-learn, ties included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from evaluation.ranking import (
    Bools,
    Floats,
    average_precision,
    calibration_error,
    precision_recall,
    reliability,
    roc_auc,
    steps,
)

Rows = tuple[Bools, Floats]


def made(rows: list[tuple[bool, int]]) -> Rows:
    """Few different scores, so that ties are common."""
    return np.array([truth for truth, _ in rows]), np.array([score / 9 for _, score in rows])


rows = st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=60).map(made)
mixed = rows.filter(lambda pair: bool(pair[0].any()) and not bool(pair[0].all()))


@given(mixed)
def test_average_precision_is_scikit_learns(pair: Rows) -> None:
    assert average_precision(*pair) == pytest.approx(average_precision_score(*pair))


@given(mixed)
def test_roc_auc_is_scikit_learns(pair: Rows) -> None:
    assert roc_auc(*pair) == pytest.approx(roc_auc_score(*pair))


@given(mixed)
def test_roc_auc_is_the_share_of_pairs_in_order(pair: Rows) -> None:
    truth, scores = pair
    pairs = [(hit > miss) + (hit == miss) / 2 for hit in scores[truth] for miss in scores[~truth]]
    assert roc_auc(*pair) == pytest.approx(sum(pairs) / len(pairs))


@given(rows)
def test_steps_count_the_rows_that_reach_a_score(pair: Rows) -> None:
    truth, scores = pair
    at = steps(*pair)
    for score, hits, misses in zip(at.scores, at.hits, at.misses, strict=True):
        assert hits == (truth & (scores >= score)).sum()
        assert misses == (~truth & (scores >= score)).sum()


@given(mixed)
def test_the_curve_ends_where_everything_is_found(pair: Rows) -> None:
    points = precision_recall(*pair)
    assert points[-1] == pytest.approx((1.0, float(pair[0].mean())))
    assert [recall for recall, _ in points] == sorted(recall for recall, _ in points)


@given(rows)
def test_bins_hold_every_row_once(pair: Rows) -> None:
    bins = reliability(*pair)
    assert sum(part.n for part in bins) == len(pair[0])
    assert sum(part.n * part.share for part in bins) == pytest.approx(pair[0].sum())
    assert sum(part.n * part.mean for part in bins) == pytest.approx(pair[1].sum())
    assert 0 <= calibration_error(bins) <= 1


def test_a_perfect_and_a_lying_score() -> None:
    truth = np.array([True, False])
    assert calibration_error(reliability(truth, np.array([1.0, 0.0]))) == 0
    assert calibration_error(reliability(truth, np.array([0.0, 1.0]))) == 1
    assert average_precision(truth, np.array([0.0, 1.0])) == 0.5
