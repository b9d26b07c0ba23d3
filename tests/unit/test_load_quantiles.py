"""Percentiles, by hand."""

import math

import pytest

from sluice.load.quantiles import quantiles


def test_they_are_values_that_occurred() -> None:
    found = quantiles([float(value) for value in range(100, 0, -1)])
    assert (found.count, found.p50, found.p95, found.p99, found.max) == (100, 50.0, 95.0, 99.0, 100.0)


@pytest.mark.parametrize(
    ("values", "p50", "p95"),
    [
        ([3.0], 3.0, 3.0),
        ([1.0, 2.0], 1.0, 2.0),
        ([1.0, 2.0, 3.0], 2.0, 3.0),
        ([*map(float, range(1, 21))], 10.0, 19.0),
    ],
)
def test_the_rank_is_rounded_up(values: list[float], p50: float, p95: float) -> None:
    found = quantiles(values)
    assert (found.p50, found.p95) == (p50, p95)


def test_what_was_never_answered_is_not_left_out() -> None:
    found = quantiles([0.1] * 98 + [math.inf] * 2)
    assert (found.p50, found.p95) == (0.1, 0.1)
    assert (found.p99, found.max) == (math.inf, math.inf)
    # Without the two, p99 would be 0.1 too.
    assert quantiles([0.1] * 98).p99 == 0.1


def test_one_in_a_hundred_that_was_never_answered_is_beyond_p99() -> None:
    found = quantiles([0.1] * 99 + [math.inf])
    assert (found.p99, found.max) == (0.1, math.inf)


def test_nothing_has_no_percentiles() -> None:
    found = quantiles([])
    assert (found.count, found.p50) == (0, math.inf)


def test_as_json_times_are_milliseconds_and_infinity_is_null() -> None:
    assert quantiles([0.25, math.inf]).form() == {"count": 2, "p50": 250.0, "p95": None, "p99": None, "max": None}
