"""Batches: what is worked together shares a part, and the runs tell how large that part is."""

import heapq
import random

import pytest

from sluice.capacity.batches import alone_of, batch_size, fit_per_batch, saved

ALONE, PER_BATCH, MOST = 0.020, 0.015, 32.0


def replica(rate: float, seed: int) -> float:
    """Mean items of a batch, of one that really takes all that waits."""
    draw = random.Random(seed)
    arrivals: list[float] = []
    at = 0.0
    for _ in range(20_000):
        at += draw.expovariate(rate)
        arrivals.append(at)
    heapq.heapify(arrivals)
    now, sizes = 0.0, []
    while arrivals:
        now = max(now, arrivals[0])
        size = 0
        while arrivals and arrivals[0] <= now and size < MOST:
            heapq.heappop(arrivals)
            size += 1
        now += PER_BATCH + size * (ALONE - PER_BATCH)
        sizes.append(size)
    return sum(sizes) / len(sizes)


@pytest.mark.parametrize("rate", [1.0, 10.0, 40.0, 100.0])
def test_batches_are_as_large_as_those_of_a_replica_that_takes_what_waits(rate: float) -> None:
    assert batch_size(rate, PER_BATCH, ALONE, MOST) == pytest.approx(replica(rate, seed=7), rel=0.05)


def test_beyond_what_a_replica_can_do_batches_are_full() -> None:
    assert batch_size(1000.0, PER_BATCH, ALONE, MOST) == MOST
    assert batch_size(1000.0, PER_BATCH, ALONE, 1.0) == 1.0


def test_what_is_alone_saves_nothing_and_a_full_batch_most() -> None:
    assert saved(0.001, PER_BATCH, ALONE, MOST) == pytest.approx(0.0, abs=1e-6)
    assert saved(1000.0, PER_BATCH, ALONE, MOST) == pytest.approx(PER_BATCH * 31 / 32)
    assert saved(1000.0, 0.0, ALONE, MOST) == 0.0


@pytest.mark.parametrize("rate", [1.0, 20.0, 60.0, 150.0])
def test_alone_is_the_inverse_of_saved(rate: float) -> None:
    seen = ALONE - saved(rate, PER_BATCH, ALONE, MOST)
    assert alone_of(seen, rate, PER_BATCH, MOST) == pytest.approx(ALONE, rel=1e-3)


def test_runs_at_several_rates_tell_what_a_batch_pays_once() -> None:
    rates = [5.0, 20.0, 60.0]
    seen = [ALONE - saved(rate, PER_BATCH, ALONE, MOST) for rate in rates]
    assert fit_per_batch(seen, rates, [1.0, 1.0, 1.0], MOST) == pytest.approx(PER_BATCH, abs=ALONE / 100)
    even = [ALONE] * 3
    assert fit_per_batch(even, rates, [1.0, 1.0, 1.0], MOST) == pytest.approx(0.0, abs=ALONE / 100)


def test_runs_of_like_rates_do_not_tell() -> None:
    assert fit_per_batch([0.02, 0.018], [10.0, 19.0], [1.0, 1.0], MOST) is None
