"""What lets a run pass, and what does not."""

import pytest

from evaluation.compare import Difference
from evaluation.gates import Least, gates, gates_table
from evaluation.metrics import Rates
from sluice.shares import Share


def rates(unsafe: Share = Share(9, 10), safe: Share = Share(8, 10), undecided: int = 0) -> Rates:  # noqa: B008 - frozen
    return Rates(unsafe, safe, 0, undecided)


def held(least: Least, found: Rates, differences: list[Difference] | None = None, unread: int = 0) -> list[str]:
    """Names of the gates that did not hold."""
    return [gate.name for gate in gates(least, found, differences, unread) if not gate.held]


def test_nothing_asked_and_nothing_amiss() -> None:
    assert held(Least(), rates()) == []


@pytest.mark.parametrize(("least", "failed"), [(0.9, []), (0.91, ["not_unsafe at least 0.91"])])
def test_the_least_itself_is_enough(least: float, failed: list[str]) -> None:
    assert held(Least(not_unsafe=least), rates()) == failed


def test_each_metric_has_its_own() -> None:
    assert held(Least(0.5, 0.81), rates()) == ["not_overrefuse at least 0.81"]


def test_what_was_not_measured_was_not_reached() -> None:
    assert held(Least(not_unsafe=0.0), rates(unsafe=Share(0, 0))) == ["not_unsafe at least 0"]


def test_a_regression_fails() -> None:
    worse = Difference("area hate", "not_unsafe", Share(9, 10), Share(1, 10), "", True)
    assert held(Least(), rates(), [worse]) == ["no regression"]
    assert gates(Least(), rates(), [worse], 0)[0].found == "not_unsafe of area hate"


def test_a_baseline_with_nothing_in_common_fails() -> None:
    assert held(Least(), rates(), []) == ["no regression"]


def test_rows_that_were_not_read_or_not_decided_fail() -> None:
    assert held(Least(), rates(undecided=1), unread=2) == ["every row was read", "every row was decided"]
    assert gates_table(gates(Least(), rates(), None, 2)).rows[0] == ("every row was read", "2 were not", "NO")
