"""A plan: everything that a rate of requests takes, and what gives way first."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluice.capacity.bus import BusPlan, plan_bus
from sluice.capacity.costs import KAFKA, Costs
from sluice.capacity.demand import Demand
from sluice.capacity.figure import Figure
from sluice.capacity.layout import Group, Layout, lay_out, spare
from sluice.capacity.price import PricePlan, plan_price
from sluice.capacity.store import StorePlan, plan_store
from sluice.capacity.waits import INGEST, ORCHESTRATOR, Road, checks_of, road
from sluice.capacity.work import Work, work_of

_MIB_A_GIB = 1024


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything. `works`: what a request is for each service. `p95`: seconds from request to decision that 95 of 100
    do not exceed: the sum of what 95 of 100 do not exceed at each stage, which is more than the 95th percentile of
    the sum. `figures`: all that it rests on."""

    demand: Demand
    works: Mapping[str, Work]
    road: Road
    layout: Layout
    bus: BusPlan
    store: StorePlan
    price: PricePlan
    gpus: int
    p95: float
    figures: Sequence[Figure]

    @property
    def cores(self) -> int:
        """Of all replicas of all cells, without brokers."""
        return self.layout.cells * sum(group.cores for group in self.layout.groups)

    @property
    def memory(self) -> float:
        """GiB of all replicas of all cells."""
        return self.layout.cells * sum(memory(group) for group in self.layout.groups)

    @property
    def most_partitions(self) -> int:
        """Of a topic of a cell."""
        return next(int(figure.value) for figure in self.figures if figure.name == "kafka.most_partitions")

    @property
    def bottlenecks(self) -> Sequence[str]:
        """What gives way first as the rate grows, in words, the first one first."""
        groups = sorted(self.layout.groups, key=lambda group: -group.cores)
        share = groups[0].cores * self.layout.cells / (self.cores + self.bus.cores)
        carried = self.demand.peak_rps / self.layout.cells
        limit = f"{self.layout.partitions} a topic carry {carried:,.0f} requests/s"
        found = [
            f"{groups[0].name} takes {share:.0%} of the cores",
            f"{self.layout.bound_by} needs the most partitions: in a cell {limit}, "
            f"and {self.most_partitions:,} are allowed",
            f"brokers are bound by {self.bus.bound_by}",
        ]
        tails = [(group.replica.background - group.replica.service.idle.value, group) for group in groups]
        most, group = max(tails, key=lambda pair: pair[0] / pair[1].replica.cores)
        if most > 0:
            found.append(
                f"every replica of {group.name} reads all decisions of its cell, which takes "
                f"{most / group.replica.cores:.0%} of its cores"
            )
        return found


def memory(group: Group) -> float:
    """GiB of all replicas of a group, in one cell."""
    return group.replicas * group.replica.service.memory.value / _MIB_A_GIB


def make_plan(costs: Costs, demand: Demand) -> Plan:
    """Raises ConfigError for a demand that nothing can meet, with everything that is wrong."""
    demand.check()
    works = {name: work_of(service, demand) for name, service in costs.services.items()}
    used = {name: work for name, work in works.items() if name != KAFKA}
    way = road(costs, works, demand)
    layout = lay_out(costs, used, demand, way.wait)
    bus, store = plan_bus(costs, works, demand, layout), plan_store(costs, demand)
    gpu = sum(work.share * work.gpu for work in works.values())
    gpus = spare(math.ceil(demand.peak_rps * gpu / demand.busy), demand) if gpu else 0
    cores = layout.cells * sum(group.cores for group in layout.groups)
    gib = layout.cells * sum(memory(group) for group in layout.groups)
    price = plan_price(costs.other, demand.rps, demand.peak, cores, gib, gpus, bus, store)
    return Plan(demand, works, way, layout, bus, store, price, gpus, _p95(works, way, layout), _used(costs, works))


def _p95(works: Mapping[str, Work], way: Road, layout: Layout) -> float:
    """Hops, and each stage's work and wait; of the checks the slowest."""
    taken = {group.name: works[group.name].alone + group.wait for group in layout.groups}
    checks = [taken[name] for name in checks_of(works) if name in taken]
    return way.hops + taken[INGEST] + max(checks, default=0.0) + taken[ORCHESTRATOR]


def _used(costs: Costs, works: Mapping[str, Work]) -> Sequence[Figure]:
    found = [figure for work in works.values() if work.share for figure in work.figures]
    found += [figure for topic in costs.topics.values() for figure in (topic.groups, *topic.bytes.values())]
    parts = (
        costs.store.puts, costs.store.gets, costs.store.put_bytes, costs.store.get_bytes,
        costs.store.originals_put, costs.store.originals_got,
    )  # fmt: skip
    found += [figure for part in parts for figure in part.values()]
    return (*dict.fromkeys(found), *costs.other.values())
