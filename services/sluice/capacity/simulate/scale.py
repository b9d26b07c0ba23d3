"""A slice of a plan, small enough to simulate."""

from sluice.capacity.costs import Costs
from sluice.capacity.plan import Plan
from sluice.capacity.simulate.shape import Shape


def slice_of(costs: Costs, plan: Plan, most_rate: float) -> Shape:
    """One whole cell where that is at most `most_rate` requests a second, else as many of its partitions.

    What is left out changes nothing for the rest: a partition's records meet those of others only in replicas that
    hold both, and requests choose their partitions at random, so the slice sees Poisson arrivals at its part of the
    rate. Each replica holds as many partitions as the fullest one does when spare zones are lost, at the peak: the
    worst hour. A service whose replicas hold more partitions than the slice has is one replica that holds fewer, and
    its queue is shorter than it would be.
    """
    layout = plan.layout
    rate = plan.demand.peak_rps / layout.cells / layout.partitions
    partitions = max(1, min(layout.partitions, int(most_rate / rate)))
    return Shape(
        costs=costs,
        mix=plan.demand.mix,
        rate=rate * partitions,
        partitions=partitions,
        each={group.name: min(group.each, partitions) for group in layout.groups},
        megapixels=plan.demand.megapixels,
        deadline=plan.demand.deadline,
        background={group.name: group.replica.background for group in layout.groups},
        gpu=plan.demand.gpu,
    )
