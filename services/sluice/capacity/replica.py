"""How much one replica can take: bounded by how busy it may be, and by how long its work may wait."""

from dataclasses import dataclass

from sluice.capacity.costs import ServiceCosts
from sluice.capacity.demand import Demand
from sluice.capacity.queueing import wait_quantile
from sluice.capacity.work import Work

QUANTILE = 0.95
_STEPS = 30


@dataclass(frozen=True, slots=True)
class Replica:
    """One replica in a cell of which `tailed` decisions a second are made.

    A replica is a queue of its own: it takes its partitions' records and nobody else's, so replicas are not one pool
    of servers, and hundreds of them wait as long as one does at the same load.
    """

    service: ServiceCosts
    work: Work
    demand: Demand
    tailed: float

    @property
    def cores(self) -> int:
        """That it can use."""
        return int(self.service.at_once.value)

    @property
    def background(self) -> float:
        """Cores that it uses whatever its own partitions bring: idle polling, and reading every decision."""
        tail = self.service.tail.value * self.tailed if self.service.tail is not None else 0.0
        return self.service.idle.value + tail

    def busy(self, rate: float) -> float:
        """Part of its cores that `rate` records a second that it answers keep busy, with all that come with them."""
        return (rate * (self.work.cpu + self.work.extra) + self.background) / self.cores

    def wait(self, rate: float) -> float:
        """Seconds that 95 of 100 records wait for a place at most; infinite above what it can do."""
        free = self.cores - self.background - rate * self.work.extra
        if free <= 0:
            return float("inf")
        # What runs in the background makes everything else take longer.
        seconds = self.work.cpu * self.cores / free
        return wait_quantile(self.cores, rate, seconds, self.work.variation, QUANTILE)

    def most(self, longest_wait: float) -> float:
        """The highest rate that keeps both bounds, to a billionth; 0 where the background alone is too much."""
        if not self.work.cpu:
            return float("inf")
        high = (self.demand.busy * self.cores - self.background) / (self.work.cpu + self.work.extra)
        if high <= 0:
            return 0.0
        if self.wait(high) <= longest_wait:
            return high
        low = 0.0
        for _ in range(_STEPS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.wait(middle) <= longest_wait else (low, middle)
        return low
