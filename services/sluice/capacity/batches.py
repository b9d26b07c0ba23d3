"""What requests save that are worked together: part of a batch's cost is the same whatever is in it."""

import math
from collections.abc import Sequence
from typing import Final

_TURNS: Final = 50
_STEPS: Final = 100
_LEAST_SPREAD: Final = 2.0


def batch_size(rate: float, per_batch: float, alone: float, most: float) -> float:
    """Mean items of a batch, of one replica that works on one batch at a time and is asked `rate` times a second.

    `alone`: CPU seconds of a batch of one, of which `per_batch` are the batch's. What comes while a batch is worked
    is the next one, at least one item: with Poisson arrivals and m of them on average, m + exp(-m). `most`: items of
    a batch.
    """
    size = 1.0
    for _ in range(_TURNS):
        coming = rate * (per_batch + size * max(0.0, alone - per_batch))
        size = min(most, coming + math.exp(-coming))
    return size


def saved(rate: float, per_batch: float, alone: float, most: float) -> float:
    """CPU seconds that a request takes less than alone, since it shares its batch's."""
    return per_batch * (1 - 1 / batch_size(rate, per_batch, alone, most))


def alone_of(cpu: float, rate: float, per_batch: float, most: float) -> float:
    """CPU seconds of a request alone, where one of many took `cpu`: the inverse of what `saved` takes off."""
    low, high = cpu, cpu + per_batch
    for _ in range(_TURNS):
        middle = (low + high) / 2
        low, high = (middle, high) if middle - saved(rate, per_batch, middle, most) < cpu else (low, middle)
    return low


def fit_per_batch(
    cpu: Sequence[float], rates: Sequence[float], weights: Sequence[float], most: float
) -> float | None:
    """The part that a batch pays once with which requests of one mix cost the same alone at every rate, as nearly as
    can be. None where the rates are less than twofold apart: they do not tell. `weights`: of each run."""
    if max(rates) < _LEAST_SPREAD * min(rates):
        return None
    tried = [max(cpu) * step / _STEPS for step in range(_STEPS + 1)]

    def spread(part: float) -> float:
        alone = [alone_of(one, rate, part, most) for one, rate in zip(cpu, rates, strict=True)]
        mean = sum(one * weight for one, weight in zip(alone, weights, strict=True)) / sum(weights)
        return sum(weight * (one / mean - 1) ** 2 for one, weight in zip(alone, weights, strict=True))

    return min(tried, key=spread)
