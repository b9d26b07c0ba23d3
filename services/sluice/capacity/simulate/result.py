"""What a simulation tells."""

from collections.abc import Mapping
from dataclasses import dataclass

from sluice.capacity.simulate.roads import Roads
from sluice.capacity.simulate.shape import Shape, Span
from sluice.load.mix import Kind
from sluice.load.quantiles import Quantiles, quantiles


@dataclass(frozen=True, slots=True)
class Simulated:
    """`requests`: that arrived; `events`: that happened. `latency`: seconds from arrival to decision; `late`: of the
    decisions were incomplete. `busy`: part of the cores that the mean and the busiest replica of a service used for
    requests; `batch`: items of its mean batch.
    """

    requests: int
    events: int
    latency: Quantiles
    kinds: Mapping[Kind, Quantiles]
    signed: Quantiles
    late: int
    busy: Mapping[str, tuple[float, float]]
    batch: Mapping[str, float]
    replicas: Mapping[str, int]


def simulate(shape: Shape, span: Span) -> Simulated:
    """Runs it. The same seed gives the same answer."""
    roads = Roads(shape, span)
    roads.run()
    seen, seconds = roads.seen, span.warm_up + span.seconds
    busy, batch = {}, {}
    for name, stations in roads.stations.items():
        cores = shape.costs.services[name].at_once.value
        used = [station.worked / seconds / cores for station in stations]
        busy[name] = (sum(used) / len(used), max(used))
        batches = sum(station.batches for station in stations)
        batch[name] = sum(station.items for station in stations) / batches if batches else 0.0
    return Simulated(
        requests=roads.requests,
        events=roads.events.count,
        latency=quantiles([latency for found in seen.decided.values() for latency in found]),
        kinds={kind: quantiles(found) for kind, found in seen.decided.items() if found},
        signed=quantiles(seen.signed),
        late=seen.late,
        busy=busy,
        batch=batch,
        replicas={name: len(stations) for name, stations in roads.stations.items()},
    )
