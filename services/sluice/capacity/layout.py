"""Cells, partitions and replicas: how many of each.

The rules. A group has at most as many members with work as the topics have partitions, and a partition is never
shared, so a replica's load comes in whole partitions. So replicas are found from how many partitions one can hold.
Where the topics would need more partitions than allowed, or reading every decision of the cluster would be too much
for a replica, the traffic is split over several cells: whole stacks, each with a cluster of its own, that know
nothing of each other; requests of one generation go to one cell.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sluice.capacity.costs import Costs
from sluice.capacity.demand import Demand
from sluice.capacity.replica import Replica
from sluice.capacity.work import Work
from sluice.errors import ConfigError

_DIVIDES_WELL: Final = 12
"""Partitions come in such steps: 2, 3, 4, 6 and 12 replicas then hold equally many."""
_MOST_CELLS: Final = 1 << 17


@dataclass(frozen=True, slots=True)
class Group:
    """The replicas of one service in one cell.

    `needed`: replicas that keep the bounds; `replicas`: with those that stand by for a failed zone. `each`:
    partitions that the fullest of `needed` holds. `rate`: records a second of that one at the peak.
    """

    replica: Replica
    needed: int
    replicas: int
    each: int
    rate: float

    @property
    def name(self) -> str:
        """Of the service."""
        return self.replica.service.name

    @property
    def cores(self) -> int:
        """Of all its replicas in the cell."""
        return self.replicas * self.replica.cores

    @property
    def busy(self) -> float:
        """Part of its cores that the fullest replica uses at the peak, while spare zones are lost."""
        return self.replica.busy(self.rate)

    @property
    def wait(self) -> float:
        """Seconds that 95 of 100 records wait at most in that replica."""
        return self.replica.wait(self.rate)


@dataclass(frozen=True, slots=True)
class Layout:
    """`cells` like ones; `partitions` of each topic of a cell; `groups` of a cell, in the order of the road.

    `bound_by`: the service that needs the most partitions, or "bytes" where the topics do.
    """

    cells: int
    partitions: int
    groups: Sequence[Group]
    bound_by: str


def spare(needed: int, demand: Demand) -> int:
    """So many replicas, evenly over the zones, that `needed` are left when zones are lost."""
    kept = demand.zones - demand.zones_lost
    return math.ceil(needed / kept) * demand.zones


def topic_bytes(costs: Costs, demand: Demand, name: str) -> float:
    """Bytes that an average request puts on a topic, keys and values and what a record has besides."""
    overhead = costs.other["kafka.bytes_a_record"].value
    topic = costs.topics[name]
    return sum(
        demand.share(kind) * (figure.value + overhead * topic.records[kind].value)
        for kind, figure in topic.bytes.items()
    )


def lay_out(costs: Costs, works: Mapping[str, Work], demand: Demand, wait: float) -> Layout:
    """The fewest cells, then partitions, then replicas. `wait`: seconds that a stage may let a request wait.

    `works`: of the services that read topics, by name. Raises ConfigError where no number does.
    """
    found: dict[int, Layout | None] = {}

    def enough(cells: int) -> bool:
        found[cells] = _cell(costs, works, demand, wait, cells)
        return found[cells] is not None

    cells = _fewest(enough)
    layout = found[cells] if cells is not None else None
    if layout is None:
        raise ConfigError([_impossible(_replicas(costs, works, demand, _MOST_CELLS), demand, wait)])
    return layout


def partitions_each(demand: Demand) -> int:
    """How many partitions a replica is to be able to hold at the least: so many times can the replicas that are
    needed be multiplied. With fewer, those that stand by for a failed zone would have none to take."""
    return max(demand.headroom, math.ceil(demand.zones / (demand.zones - demand.zones_lost)))


def _replicas(costs: Costs, works: Mapping[str, Work], demand: Demand, cells: int) -> Sequence[Replica]:
    tailed = demand.peak_rps / cells
    return [Replica(costs.services[name], work, demand, tailed) for name, work in works.items() if work.share]


def _cell(costs: Costs, works: Mapping[str, Work], demand: Demand, wait: float, cells: int) -> Layout | None:
    """One of so many cells; None where it is too much for one."""
    replicas = _replicas(costs, works, demand, cells)
    rate = demand.peak_rps / cells
    wanted, bound_by = _wanted(costs, demand, replicas, rate, wait)
    if not math.isfinite(wanted):
        return None
    most = int(costs.other["kafka.most_partitions"].value)
    # In such steps the replicas that are needed, and those for a failed zone, come out whole.
    step = math.lcm(_DIVIDES_WELL, partitions_each(demand) * (demand.zones - demand.zones_lost))
    partitions = demand.partitions or math.ceil(wanted / step) * step
    if not wanted <= partitions <= most:
        return None
    groups = [_group(replica, rate, partitions, wait) for replica in replicas]
    if any(group.replicas > partitions for group in groups):
        return None
    return Layout(cells, partitions, groups, bound_by)


def _wanted(costs: Costs, demand: Demand, replicas: Sequence[Replica], rate: float, wait: float) -> tuple[float, str]:
    """Partitions of each topic at `rate` requests a second, and what needs them; infinite where none are enough."""
    widest = costs.other["kafka.partition_bytes_a_second"].value
    found = [(float(demand.zones), "zones")]
    found += [(rate * topic_bytes(costs, demand, name) / widest, f"bytes of {name}") for name in costs.topics]
    each = partitions_each(demand)
    for replica in replicas:
        bearable = replica.most(wait)
        wanted = rate * replica.work.share / bearable * each if bearable else math.inf
        found.append((wanted, replica.service.name))
    return max(found)


def _group(replica: Replica, rate: float, partitions: int, wait: float) -> Group:
    of_partition = rate * replica.work.share / partitions
    bearable = replica.most(wait)
    # A millionth for rounding: partitions were found from the same rate.
    each = int(min(partitions, bearable / of_partition * (1 + 1e-6)))
    needed = math.ceil(partitions / max(1, each))
    # The fullest of those, with the partitions dealt evenly.
    fullest = math.ceil(partitions / needed)
    return Group(replica, needed, spare(needed, replica.demand), fullest, fullest * of_partition)


def _fewest(enough: Callable[[int], bool]) -> int | None:
    """The least count that is enough, where every greater one is, too."""
    high = 1
    while not enough(high):
        high *= 2
        if high > _MOST_CELLS:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _impossible(replicas: Sequence[Replica], demand: Demand, wait: float) -> str:
    for replica in replicas:
        if not replica.most(wait):
            idle = replica.service.idle.value / replica.cores
            return (
                f"--busy {demand.busy:g} leaves {replica.service.name} nothing: with nothing to do a replica of it "
                f"keeps {idle:.2f} of its cores busy"
            )
    return f"{demand.partitions or 'no number of'} partitions are not enough in any of up to {_MOST_CELLS:,} cells"
