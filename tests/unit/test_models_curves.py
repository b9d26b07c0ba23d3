"""Calibration curves: what they do to a score, and that they never turn two scores round."""

import itertools
import math

import pytest

from sluice.models.curves import Curve, Platt, Table, read_curve
from sluice.models.fields import CardError, Fields


def test_platt_scaling() -> None:
    assert [Platt(1, 0)(p) for p in (0.1, 0.5, 0.9)] == pytest.approx([0.1, 0.5, 0.9])
    assert Platt(2, 0)(0.8) == pytest.approx(16 / 17)
    assert Platt(1, math.log(3))(0.5) == pytest.approx(0.75)


def test_a_table_is_joined_by_straight_lines() -> None:
    table = Table((0, 0.5, 1), (0.1, 0.2, 0.8))
    assert [table(p) for p in (0, 0.25, 0.5, 0.75, 1)] == pytest.approx([0.1, 0.15, 0.2, 0.5, 0.8])
    assert (table(-0.1), table(1.1)) == pytest.approx((0.1, 0.8))


@pytest.mark.parametrize("curve", [Platt(3, -8), Platt(0.1, 40), Platt(900, 0), Table((0, 0.9, 1), (0, 0, 1))])
def test_no_curve_turns_two_scores_round_or_leaves_0_to_1(curve: Curve) -> None:
    found = [curve(step / 1000) for step in range(1001)]
    assert all(0 <= a <= b <= 1 for a, b in itertools.pairwise(found))


def test_both_forms_are_read() -> None:
    assert read_curve(Fields({"slope": 2, "offset": -1}, "card")) == Platt(2, -1)
    assert read_curve(Fields({"slope": 2}, "card")) == Platt(2, 0)
    assert read_curve(Fields({"said": [0, 1], "meant": [0, 0.5]}, "card")) == Table((0, 1), (0, 0.5))


@pytest.mark.parametrize(
    ("curve", "message"),
    [
        ({"slope": 0}, "slope should be more than 0"),
        ({"slope": -1}, "slope should be more than 0"),
        ({"slope": math.nan}, "slope should be a number"),
        ({"offset": 1}, "slope should be a number"),
        ({"said": [0, 0.5], "meant": [0, 1]}, "said should be numbers from 0 to 1 that begin with 0"),
        ({"said": [0, 0.5, 0.5, 1], "meant": [0, 0.1, 0.2, 1]}, "said should be"),
        ({"said": [0, 1], "meant": [1, 0]}, "meant should be"),
        ({"said": [0, 1], "meant": [0, 2]}, "meant should be"),
        ({"said": [0, 1], "meant": [0, 0.5, 1]}, "meant should be"),
        ({"said": [0, 1]}, "meant should be a list of numbers"),
        ({"said": [0, "1"], "meant": [0, 1]}, r"said\.1 should be a number"),
    ],
)
def test_a_wrong_curve_is_named(curve: dict[str, object], message: str) -> None:
    with pytest.raises(CardError, match=message):
        read_curve(Fields(curve, "card"))
