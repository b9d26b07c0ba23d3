"""What regressed against an earlier run, and what only wavered."""

from typing import Any

import pytest

from evaluation.compare import Marked, compare, differences_table, marks, marks_json, read_marks
from tests.unit.eval_rows import outcome


def run(right: int, wrong: int, *, prefix: str = "r", unsafe: bool = True, source: str = "a") -> list[Marked]:
    """So many rows that are right, then those that are wrong, with running ids."""
    return [Marked(f"{prefix}{n}", unsafe, n < right, {"source": source}) for n in range(right + wrong)]


def regressed(before: list[Marked], after: list[Marked]) -> list[str]:
    return [f"{one.metric} {one.group}" for one in compare(before, after, ["source"]) if one.regressed]


def test_the_same_run_is_no_regression() -> None:
    assert regressed(run(90, 10), run(90, 10)) == []
    assert {one.test for one in compare(run(90, 10), run(90, 10), [])} == {
        "McNemar, 100 rows: 0 worse, 0 better, p 1"
    }


def test_paired_rows_show_what_independent_ones_would_not() -> None:
    # Six rows of a hundred got worse and none better: p = 2 / 2^6.
    assert regressed(run(96, 4), run(90, 10)) == ["not_unsafe all", "not_unsafe source a"]
    assert regressed(run(96, 4), run(90, 10, prefix="other")) == []
    assert regressed(run(95, 5), run(90, 10)) == []


def test_better_is_no_regression() -> None:
    assert regressed(run(50, 50), run(90, 10)) == []
    assert regressed(run(50, 50), run(90, 10, prefix="other")) == []


def test_independent_rows_regress_beyond_the_interval() -> None:
    found = compare(run(96, 4), run(80, 20, prefix="other"), [])
    assert [one.regressed for one in found] == [True]
    assert found[0].test.startswith("Newcombe -0.2")


def test_both_metrics_are_compared() -> None:
    before, after = run(99, 1, unsafe=False), run(80, 20, unsafe=False)
    assert regressed(before, after) == ["not_overrefuse all", "not_overrefuse source a"]


def test_a_group_must_fall_further_where_there_are_many() -> None:
    others_before = [row for n in range(20) for row in run(50, 0, prefix=f"s{n}-", source=f"s{n}")]
    before, after = [*run(50, 0), *others_before], [*run(44, 6), *others_before]
    # 6 of 6 the wrong way, p = 0.03: enough over all rows, not enough for one group of twenty-one.
    assert regressed(before, after) == ["not_unsafe all"]


def test_a_row_whose_label_changed_is_not_paired() -> None:
    assert compare(run(5, 0), run(5, 0, unsafe=False), []) == []


def test_groups_that_only_one_run_has_are_left_out() -> None:
    found = compare(run(5, 0), run(5, 0, source="b"), ["source"])
    assert [one.group for one in found] == ["all"]


def test_marks_survive_their_json() -> None:
    rows = [
        outcome(True, "BLOCK", row_id="x", groups={"source": "s", "note": "n"}),
        outcome(False, "BLOCK", row_id="y"),
        outcome(None, "BLOCK", row_id="z"),
    ]
    found = marks(rows, ["source", "area"])
    assert found == [Marked("x", True, True, {"source": "s"}), Marked("y", False, False, {})]
    assert read_marks({"format": 1, "rows": marks_json(found)}) == found


@pytest.mark.parametrize("form", [{}, {"format": 2, "rows": []}, {"format": 1}, {"format": 1, "rows": [{}]}])
def test_what_is_no_report(form: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        read_marks(form)


def test_the_table_says_it() -> None:
    (row,) = differences_table(compare(run(96, 4), run(90, 10), [])).rows
    assert row == (
        "all", "not_unsafe", "100", "0.960", "100", "0.900", "-0.060",
        "McNemar, 100 rows: 6 worse, 0 better, p 0.0312", "REGRESSED",
    )  # fmt: skip
