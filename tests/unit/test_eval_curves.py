"""The curves, and what other thresholds would give."""

import numpy as np
import pytest

from evaluation.categories import Ranked
from evaluation.curves import precision_recall_chart, reliability_chart, sweep_chart, trade_table

TRUTH = np.array([True] * 50 + [False] * 950)
SCORES = np.concatenate([np.linspace(0.5, 1, 50), np.linspace(0, 0.6, 950)])
ROWS = Ranked("any", "label", TRUTH, SCORES, 0)
ALL_SAFE = Ranked("any", "label", np.array([False]), np.array([0.3]), 0)


def test_the_sweep_runs_from_everything_blocked_to_nothing() -> None:
    unsafe, safe = sweep_chart(ROWS).lines
    assert (unsafe.name, safe.name) == ("not_unsafe", "not_overrefuse")
    assert (unsafe.points[0], safe.points[0]) == ((0.0, 1.0), (0.0, 0.0))
    assert list(unsafe.points[-1]) == pytest.approx([1.0, 1 / 50])
    at_half = dict(safe.points)[0.5]
    assert at_half == pytest.approx((SCORES[50:] < 0.5).mean())


def test_a_sweep_of_one_kind_has_one_curve() -> None:
    assert [line.name for line in sweep_chart(ALL_SAFE).lines] == ["not_overrefuse"]


def test_long_curves_are_thinned_and_keep_their_ends() -> None:
    (line,) = precision_recall_chart([ROWS]).lines
    assert len(line.points) <= 400
    assert list(line.points[0]) == pytest.approx([1 / 50, 1.0])
    assert list(line.points[-1]) == pytest.approx([1.0, 0.05])


def test_what_cannot_be_ranked_is_not_drawn() -> None:
    assert precision_recall_chart([ALL_SAFE]).lines == []
    assert reliability_chart([ALL_SAFE]).lines == []
    assert len(reliability_chart([ROWS]).lines[0].points) == 10


def test_the_trade_holds_what_it_promises() -> None:
    table = trade_table(ROWS)
    caught = []
    for wanted, threshold, not_unsafe in table.rows:
        blocked = float(threshold) - 0.0005 <= SCORES
        assert (~blocked[50:]).mean() >= float(wanted) - 0.002
        assert blocked[:50].mean() == pytest.approx(float(not_unsafe), abs=0.021)
        caught.append(float(not_unsafe))
    assert caught == sorted(caught, reverse=True)
    assert trade_table(ALL_SAFE).rows == []


def test_a_trade_that_cannot_be_had() -> None:
    worst = Ranked("any", "label", np.array([True, False]), np.array([0.1, 0.9]), 0)
    assert trade_table(worst).rows[0] == ("0.900", "", "0.000")
