"""Measured runs beside what the figures say of them: how far a plan can be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sluice.capacity.costs import KAFKA, Costs, turns
from sluice.capacity.load_runs import LoadRun
from sluice.capacity.simulate.result import simulate
from sluice.capacity.simulate.shape import Shape, Span
from sluice.load.mix import Kind, Mix

_PARTITIONS: Final = 4
"""Of `sluice up`; with one replica of each service it does not matter."""
_REQUESTS: Final = 4000
"""That are simulated for a run at the least, so that percentiles are not those of a few."""
_LEAST_CORES: Final = 0.05


@dataclass(frozen=True, slots=True)
class Compared:
    """One run. `cpu`: CPU seconds of a request by service without idling, measured and predicted; `all_cpu`: of all
    services with it. `p50`, `p95`: seconds to the decision, measured and simulated; None is what never came."""

    run: LoadRun
    cpu: Mapping[str, tuple[float, float]]
    all_cpu: tuple[float, float]
    p50: tuple[float | None, float]
    p95: tuple[float | None, float]

    @property
    def cpu_error(self) -> float:
        """Of `all_cpu`: 0.1 is a tenth too much."""
        measured, predicted = self.all_cpu
        return predicted / measured - 1


def predict_cpu(costs: Costs, counts: Mapping[Kind, int], rate: float, megapixels: float) -> Mapping[str, float]:
    """CPU seconds of the mean request by service, without idling, with one replica of everything."""
    total = sum(counts.values())
    found = {}
    for name, service in costs.services.items():
        mean = sum(count * service.seconds(kind, megapixels) for kind, count in counts.items()) / total
        asked = rate * sum(count for kind, count in counts.items() if kind in service.answers) / total
        beside = service.tail.value if service.tail is not None else 0.0
        found[name] = mean - service.shared(asked, mean) + beside + (turns(costs, rate) if name == KAFKA else 0.0)
    return found


def compare(costs: Costs, run: LoadRun, megapixels: float, seed: int) -> Compared:
    """Predicts the CPU of a run by the arithmetic of plans, and simulates its latency on the machine it ran on: one
    replica of everything, sharing the cores that neither idling services nor the command itself used. What others did
    on the machine meanwhile is not in it.
    """
    predicted = predict_cpu(costs, run.counts, run.rate, megapixels)
    idle = sum(service.idle.value for name, service in costs.services.items() if name in run.cpu)
    shape = Shape(
        costs=costs,
        mix=Mix({kind: count / run.measured for kind, count in run.counts.items() if count}),
        rate=run.rate,
        partitions=_PARTITIONS,
        each=dict.fromkeys(costs.services.keys() - {KAFKA}, _PARTITIONS),
        megapixels=megapixels,
        deadline=run.deadline,
        shared_cores=max(_LEAST_CORES, run.cores - idle - run.own_cores),
    )
    found = simulate(shape, Span(max(run.seconds, _REQUESTS / run.rate), 0.0, seed))
    return Compared(
        run,
        {name: (run.cpu[name], predicted[name]) for name in costs.services if name in run.cpu},
        (run.all_cpu, sum(predicted[name] for name in costs.services if name in run.cpu) + idle / run.rate),
        (run.p50, found.latency.p50),
        (run.p95, found.latency.p95),
    )
