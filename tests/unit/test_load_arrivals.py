"""When requests are due."""

import numpy as np
import pytest

from sluice.load.arrivals import Arrivals, arrival_times

SEEDS = range(400)


def test_constant_arrivals_come_like_a_clock() -> None:
    assert arrival_times(Arrivals.CONSTANT, 4.0, 1.0, seed=1).tolist() == [0.0, 0.25, 0.5, 0.75]


@pytest.mark.parametrize(
    ("rate", "seconds", "count"), [(0.1, 30.0, 3), (0.3, 10.0, 3), (3.0, 0.1, 1), (7.0, 3.0, 21)]
)
def test_constant_arrivals_are_as_many_as_fit(rate: float, seconds: float, count: int) -> None:
    found = arrival_times(Arrivals.CONSTANT, rate, seconds, seed=1)
    assert len(found) == count
    assert found[-1] < seconds


def test_a_seed_gives_the_same_arrivals_and_another_gives_others() -> None:
    first, again, other = (arrival_times(Arrivals.POISSON, 5.0, 10.0, seed) for seed in (3, 3, 4))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_poisson_arrivals_are_in_order_and_within_the_time() -> None:
    found = arrival_times(Arrivals.POISSON, 50.0, 20.0, seed=7)
    assert (np.diff(found) >= 0).all()
    assert found[0] > 0
    assert found[-1] < 20.0


def test_poisson_counts_have_the_mean_and_the_variance_of_the_rate() -> None:
    # Mean and variance of the count are both rate * seconds = 50. The bounds are four standard errors of each over
    # 400 seeds: sqrt(50 / 400) = 0.35, and 50 * sqrt(2 / 400) = 3.5.
    counts = [len(arrival_times(Arrivals.POISSON, 5.0, 10.0, seed)) for seed in SEEDS]
    assert abs(np.mean(counts) - 50) < 1.5
    assert abs(np.var(counts) - 50) < 15


def test_poisson_gaps_are_exponential() -> None:
    gaps = np.diff(arrival_times(Arrivals.POISSON, 100.0, 200.0, seed=5))
    # Of an exponential with mean 10 ms: the deviation is the mean, and e^-1 of all are longer than it.
    assert abs(gaps.mean() - 0.01) < 0.0004
    assert abs(gaps.std() - 0.01) < 0.0004
    assert abs((gaps > 0.01).mean() - np.exp(-1)) < 0.015


def test_a_rate_too_low_for_any_request_gives_none() -> None:
    assert len(arrival_times(Arrivals.POISSON, 1e-9, 1.0, seed=1)) == 0
