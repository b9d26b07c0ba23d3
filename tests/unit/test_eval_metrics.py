"""not_unsafe and not_overrefuse, by group and by rule."""

import pytest

from evaluation.metrics import NONE, grouped, grouped_rates, rates, rates_table, right, rules_table
from sluice.shares import Share
from tests.unit.eval_rows import outcome

ROWS = [
    outcome(True, "BLOCK", rules=("hate",), groups={"area": "hate"}),
    outcome(True, "REVIEW", rules=("look",), groups={"area": "hate"}),
    outcome(True, "ALLOW", groups={"area": "hate"}),
    outcome(True, "", groups={"area": "x"}),
    outcome(False, "ALLOW"),
    outcome(False, "BLOCK", rules=("hate", "incomplete"), complete=False),
    outcome(False, ""),
    outcome(None, "BLOCK", rules=("hate",)),
]


@pytest.mark.parametrize(
    ("unsafe", "action", "expected"),
    [(True, "BLOCK", True), (True, "REVIEW", True), (True, "ALLOW", False), (True, "", True),
     (False, "ALLOW", True), (False, "BLOCK", False), (False, "REVIEW", False), (False, "", False)],
)  # fmt: skip
def test_what_is_right(unsafe: bool, action: str, expected: bool) -> None:
    assert right(outcome(unsafe, action)) is expected


def test_rates_count_labelled_rows_and_tell_the_others() -> None:
    found = rates(ROWS)
    assert (found.not_unsafe, found.not_overrefuse) == (Share(3, 4), Share(1, 3))
    assert (found.incomplete, found.undecided) == (1, 2)


def test_groups_come_by_size_and_hold_every_row() -> None:
    groups = grouped(ROWS, "area")
    assert {name: len(rows) for name, rows in groups.items()} == {NONE: 4, "hate": 3, "x": 1}
    assert list(groups) == [NONE, "hate", "x"]
    assert grouped_rates(ROWS, "area")["hate"].not_unsafe == Share(2, 3)


def test_the_table_has_intervals_and_n() -> None:
    table = rates_table("All", "", {"all": rates(ROWS)})
    assert table.rows == [("all", "4", "0.750", "0.301 to 0.954", "3", "0.333", "0.061 to 0.792", "1", "2")]
    empty = rates_table("All", "", {"all": rates([])})
    assert empty.rows == [("all", "0", "", "", "0", "", "", "0", "0")]


def test_which_rule_blocked_what() -> None:
    rows = {row[0]: row[1:] for row in rules_table(ROWS).rows}
    assert rows == {
        "hate": ("3", "2", "1", "1"),
        "(undecided)": ("2", "2", "1", "1"),
        "incomplete": ("1", "0", "0", "1"),
        "look": ("1", "1", "1", "0"),
    }
