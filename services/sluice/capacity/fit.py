"""Costs from runs of `sluice load`: what a request of each kind costs each service."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sluice.bus.topics import Topic
from sluice.capacity.batches import alone_of, fit_per_batch
from sluice.capacity.costs import KAFKA, Costs, ServiceCosts, TopicCosts, turns
from sluice.capacity.figure import Basis, Figure
from sluice.capacity.load_runs import LoadRun
from sluice.errors import ConfigError
from sluice.load.mix import KINDS, Kind

_PLACES = 9
_MOST_UNFINISHED = 0.02


def fit(base: Costs, runs: Sequence[LoadRun]) -> Costs:
    """The base's figures, with those that the runs measured in their place: CPU by service and kind, idle cores,
    records and bytes on topics, and, from a run of prompts alone, the delays of the broker's hops.

    Least squares over the runs, each weighted by its requests: exact where each kind was measured alone. Kinds that
    no run has keep the base's figures. Raises ConfigError where the runs do not tell the kinds apart.
    """
    kinds = [kind for kind in KINDS if any(run.counts.get(kind) for run in runs)]
    shares = np.array([[run.counts.get(kind, 0) / run.measured for kind in kinds] for run in runs])
    if not kinds or np.linalg.matrix_rank(shares) < len(kinds):
        names = ", ".join(kinds)
        raise ConfigError(
            [f"these runs do not tell {names or 'any kinds'} apart: measure each alone, as sluice load --mix prompt"]
        )
    if late := [run for run in runs if run.unfinished > _MOST_UNFINISHED]:
        raise ConfigError(
            [
                f"{run.told}: {run.unfinished:.0%} of the decisions were incomplete or missing, so their work was "
                "not done and is not known: measure at a lower rate"
                for run in late
            ]
        )
    told = "; ".join(dict.fromkeys(run.told for run in runs))

    runs = _idle_alike(runs)
    weights = np.sqrt([run.measured for run in runs])

    def solve(found: Iterable[float], wanted: Sequence[Kind]) -> Mapping[Kind, float]:
        places = [kinds.index(kind) for kind in wanted]
        values = np.array(list(found)) * weights
        solved = np.linalg.lstsq(shares[:, places] * weights[:, None], values, rcond=None)[0]
        # Noise can make what costs nothing cost less.
        return {kind: max(0.0, round(float(value), _PLACES)) for kind, value in zip(wanted, solved, strict=True)}

    turn = _turn(base, runs, shares, weights)
    other = dict(base.other)
    if turn is not None:
        other["kafka.turn"] = _measured(base.other["kafka.turn"], turn, told)
    beside = replace(base, other=other)

    def service(costs: ServiceCosts) -> ServiceCosts:
        name = costs.name
        wanted = [kind for kind in kinds if kind in costs.cpu]
        if not any(name in run.cpu for run in runs):
            return costs
        # A replica reads every decision; that is a figure of its own, since it grows with the replicas.
        tail = costs.tail.value if costs.tail is not None else 0.0
        own = [run.cpu.get(name, 0.0) - tail - (turns(beside, run.rate) if name == KAFKA else 0.0) for run in runs]
        if costs.per_batch is not None:
            part = _per_batch(costs, own, runs)
            own = [alone_of(cpu, run.rate, part, costs.max_batch.value) for cpu, run in zip(own, runs, strict=True)]
            costs = replace(costs, per_batch=_measured(costs.per_batch, part, told))
        found = solve(own, wanted)
        return replace(
            costs,
            cpu={kind: _measured(figure, found.get(kind), told) for kind, figure in costs.cpu.items()},
            idle=_measured(costs.idle, runs[0].idle.get(name, 0.0), told),
        )

    def topic(costs: TopicCosts) -> TopicCosts:
        name = costs.name
        wanted = [kind for kind in kinds if kind in costs.bytes]
        if name == Topic.REQUESTS:
            size: Mapping[Kind, float] = solve((run.request_bytes for run in runs), wanted)
            return replace(costs, bytes={k: _measured(f, size.get(k), told) for k, f in costs.bytes.items()})
        if not all(name in run.written for run in runs):
            return costs
        records = solve((run.written[name][0] for run in runs), wanted)
        size = solve((run.written[name][1] for run in runs), wanted)
        return replace(
            costs,
            records={kind: _measured(figure, records.get(kind), told) for kind, figure in costs.records.items()},
            bytes={kind: _measured(figure, size.get(kind), told) for kind, figure in costs.bytes.items()},
        )

    services = {name: service(costs) for name, costs in base.services.items()}
    topics = {name: topic(costs) for name, costs in base.topics.items()}
    return Costs(services, topics, base.store, {**other, **_hops(base, services, runs)})


def _per_batch(costs: ServiceCosts, cpu: Sequence[float], runs: Sequence[LoadRun]) -> float:
    """From the mix whose runs have rates farthest apart; the base's where none has."""
    mixes: dict[tuple[tuple[Kind, float], ...], list[int]] = {}
    for place, run in enumerate(runs):
        mixes.setdefault(tuple(sorted(run.mix.shares.items())), []).append(place)
    chosen = max(mixes.values(), key=lambda places: _spread([runs[place].rate for place in places]))
    found = fit_per_batch(
        [cpu[place] for place in chosen],
        [runs[place].rate for place in chosen],
        [runs[place].measured for place in chosen],
        costs.max_batch.value,
    )
    base = costs.per_batch.value if costs.per_batch is not None else 0.0
    return base if found is None else found


def _spread(rates: Sequence[float]) -> float:
    return max(rates) / min(rates)


def _idle_alike(runs: Sequence[LoadRun]) -> Sequence[LoadRun]:
    """The runs, with the least idling that any of them saw: a stack that was looked at while it was still starting
    seems to idle more than it does, and its requests to cost less than they do."""
    names = {name for run in runs for name in run.idle}
    idle = {name: min(run.idle.get(name, 0.0) for run in runs) for name in names}
    return [
        replace(
            run,
            idle=idle,
            cpu={
                name: used + (run.idle.get(name, 0.0) - idle.get(name, 0.0)) * run.window
                for name, used in run.cpu.items()
            },
        )
        for run in runs
    ]


def _turn(
    base: Costs, runs: Sequence[LoadRun], shares: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]
) -> float | None:
    """What a turn of the broker costs, where runs of like mixes at several rates tell it from what each record
    does."""
    one = replace(base, other={**base.other, "kafka.turn": replace(base.other["kafka.turn"], value=1.0)})
    columns = np.column_stack([shares, [turns(one, run.rate) for run in runs]])
    if np.linalg.matrix_rank(columns) < columns.shape[1] or not all(KAFKA in run.cpu for run in runs):
        return None
    values = np.array([run.cpu[KAFKA] for run in runs])
    found = np.linalg.lstsq(columns * weights[:, None], values * weights, rcond=None)[0]
    return max(0.0, float(found[-1]))


def _hops(base: Costs, services: Mapping[str, ServiceCosts], runs: Sequence[LoadRun]) -> Mapping[str, Figure]:
    """Medians of the run of prompts alone with the lowest rate, where there is one: others wait for more than the
    broker."""
    alone = [run for run in runs if set(run.counts) == {Kind.PROMPT}]
    if not alone:
        return {}
    run = min(alone, key=lambda run: run.rate)

    def stage(name: str, part: str = "all") -> float:
        return run.stages.get((name, part), 0.0)

    def own(name: str) -> float:
        return services[name].seconds(Kind.PROMPT, 1.0)

    seconds = {
        "kafka.hop_requests": stage("send") + max(0.0, stage("ingest") - own("ingest")),
        "kafka.hop_contents": stage("text", "topic"),
        "kafka.hop_verdicts": max(0.0, stage("decide") - own("orchestrator")),
        "kafka.hop_decisions": stage("read"),
    }
    return {name: _measured(base.other[name], value, f"medians of {run.told}") for name, value in seconds.items()}


def _measured(figure: Figure, value: float | None, told: str) -> Figure:
    if value is None:
        return figure
    return replace(figure, value=round(value, _PLACES), basis=Basis.MEASURED, how=told)
