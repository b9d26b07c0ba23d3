"""What `sluice load --json` told, as far as plans need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluice.errors import ConfigError
from sluice.load.mix import Kind, Mix


@dataclass(frozen=True, slots=True)
class LoadRun:
    """One run. `counts`: measured requests by kind. `cpu`: CPU seconds of a request by service, without what
    services use for nothing; `all_cpu`: with it, of all services. `idle`: cores by service. `window`: seconds for
    each decision in which CPU was counted. `cores`: of the machine; `own_cores`: of them that the command itself kept
    busy. `unfinished`: part of the requests that were not decided, or incomplete. `written`: records and bytes on a
    topic, for a request. Times are seconds; None is what is not known. `told`: the command, the machine, the day.
    """

    told: str
    rate: float
    seconds: float
    mix: Mix
    counts: Mapping[Kind, int]
    cpu: Mapping[str, float]
    all_cpu: float
    idle: Mapping[str, float]
    window: float
    cores: int
    own_cores: float
    unfinished: float
    deadline: float
    written: Mapping[str, tuple[float, float]]
    p50: float | None
    p95: float | None
    stages: Mapping[tuple[str, str], float]
    request_bytes: float

    @property
    def measured(self) -> int:
        """Requests."""
        return sum(self.counts.values())


def read_load(form: Any, where: str) -> Sequence[LoadRun]:
    """The runs of one file, as parsed JSON. Raises ConfigError where it is none of `sluice load`, a run is not valid,
    or CPU or idle services were not looked at."""
    try:
        return _runs(form, where)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError([f"{where}: not the JSON of `sluice load` ({type(error).__name__}: {error})"]) from error


def _runs(form: Any, where: str) -> Sequence[LoadRun]:
    problems = []
    for run in form["runs"]:
        at = f"{where}: the run at {run['rate']:g}/s"
        if not run["valid"]:
            problems.append(f"{at} is not valid: {'; '.join(map(str, run['problems']))}")
        if run["cpu"] is None or not run["cpu"]["decided"]:
            problems.append(f"{at} does not know what its services used")
    if not form["idle_cores"]:
        problems.append(f"{where}: idle services were not looked at: measure with --idle 20")
    if problems:
        raise ConfigError(problems)
    return [_run(form, run) for run in form["runs"]]


def _run(form: Any, run: Any) -> LoadRun:
    options, machine, cpu = form["options"], form["machine"], run["cpu"]
    cores = int(machine["cores"])
    sent = int(run["sent"]) + int(run["warm_up_sent"])
    mix = Mix.parse(options["mix"])
    return LoadRun(
        told=(
            f"sluice load --mix {options['mix']} --rate {run['rate']:g} --seconds {options['seconds']:g}, "
            f"{cores} cores, {machine['processor']}, {str(form['started'])[:10]}"
        ),
        rate=float(run["offered_per_second"]),
        seconds=float(run["seconds"]),
        mix=mix,
        counts={Kind(kind): int(found["count"]) for kind, found in run["kinds_ms"].items()},
        cpu={name: float(used["above_idle_per_1000"]) / 1000 for name, used in cpu["services"].items()},
        all_cpu=float(cpu["per_1000"]) / 1000,
        idle={name: float(value) for name, value in form["idle_cores"].items()},
        window=float(cpu["seconds"]) / int(cpu["decided"]),
        cores=cores,
        own_cores=float(run["own_cores"]),
        unfinished=(int(run["incomplete"]) + int(run["unanswered"])) / max(1, int(run["sent"])),
        deadline=float(options["deadline"]),
        written={
            topic: (int(found["records"]) / sent, int(found["bytes"]) / sent)
            for topic, found in run["written"].items()
        },
        p50=_seconds(run["latency_ms"]["p50"]),
        p95=_seconds(run["latency_ms"]["p95"]),
        stages={
            (stage, part): seconds
            for stage, parts in run["stages_ms"].items()
            for part, found in parts.items()
            if (seconds := _seconds(found["p50"])) is not None
        },
        request_bytes=int(run["request_bytes"]) / sent,
    )


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else float(ms) / 1000
