"""What is left to chance."""

import random

from sluice.load.mix import Kind, Mix


class Drawn:
    """Draws from one seed: gaps between arrivals, kinds, partitions, and how much work something is."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a simulation, whose draws are to be the same each time

    def gap(self, rate: float) -> float:
        """Seconds to the next arrival of so many a second."""
        return self._random.expovariate(rate)

    def kind(self, mix: Mix) -> Kind:
        """One of the mix."""
        point = self._random.random()
        for kind, share in mix.shares.items():
            point -= share
            if point < 0:
                return kind
        return next(reversed(list(mix.shares)))

    def below(self, count: int) -> int:
        """A whole number from 0 on, each as likely."""
        return self._random.randrange(count)

    def work(self, mean: float, variation: float) -> float:
        """Gamma distributed: never negative, with this mean and this standard deviation over it."""
        if not variation or not mean:
            return mean
        square = variation * variation
        return self._random.gammavariate(1 / square, mean * square)
