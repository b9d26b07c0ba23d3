"""The figures of one run. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sluice.contract.names import short_name
from sluice.load.mix import KINDS
from sluice.load.quantiles import Quantiles, quantiles
from sluice.load.ran import Ran
from sluice.load.tally import Tally
from sluice.load.usage import Usage
from sluice.load.wire import Written
from sluice.v1.decision_pb2 import Action


@dataclass(frozen=True, slots=True)
class Cost:
    """From the end of the warm-up until the last answer. `services`: CPU seconds of each; `decided`: decisions then.

    So whatever was begun is paid for: in a run that does not keep up, most of the work comes after the last request.

    `idle`: CPU seconds that the services would have used for nothing in that time. `price`: of a core for an hour.
    """

    seconds: float
    services: Mapping[str, float]
    decided: int
    idle: Mapping[str, float]
    price: float

    @property
    def total(self) -> float:
        """CPU seconds of all services."""
        return sum(self.services.values())

    def per_1000(self, cpu_seconds: float) -> float | None:
        """CPU seconds for 1,000 decisions; None where there were none."""
        return cpu_seconds / self.decided * 1000 if self.decided else None

    @property
    def price_per_1000(self) -> float | None:
        """CPU hours for 1,000 decisions times the price."""
        used = self.per_1000(self.total)
        return None if used is None else used / 3600 * self.price


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts are of requests that are measured: sent, and due after the warm-up.

    `late`: how long after it was due each was sent. `problems`: why the figures are not to be used; empty where they
    are.
    """

    rate: float
    seconds: float
    sent: int
    warm_up_sent: int
    decided: Mapping[str, int]
    incomplete: int
    dead_letters: int
    refused: int
    unanswered: int
    unsigned: int
    doubled: int
    offered: float
    achieved: float
    latency: Quantiles
    signed: Quantiles
    kinds: Mapping[str, Quantiles]
    stages: Mapping[str, Mapping[str, Quantiles]]
    late: Quantiles
    sent_bytes: int
    cost: Cost | None
    usage: Usage | None
    interrupted: bool
    problems: tuple[str, ...]
    repeats: int = 0
    written: Mapping[str, Written] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """What figures are measured by. `late_limit`: seconds, of the p99. `idle`: cores that idle services use."""

    late_limit: float
    price: float
    idle: Mapping[str, float]


def summarise(
    ran: Ran, terms: Terms, repeats: int = 0, written: Mapping[str, Written] | None = None, restarted: str = ""
) -> Summary:
    """`repeats`: pictures sent before in this run. `restarted`: services that were started again meanwhile."""
    tally = ran.tally
    schedule = tally.schedule
    seconds = max(0.0, ran.ended - schedule.warm_up)
    measured = tally.measured()
    latency = tally.decision_seconds()
    in_time = measured & np.isfinite(latency)
    wanting = in_time & tally.wanting()
    signing = tally.signing_seconds()[wanting]
    after = tally.decided_at >= schedule.warm_up
    paid, inside = after & np.isfinite(tally.decided_at), after & (tally.decided_at < ran.ended)
    late = quantiles(tally.late_seconds())
    sent = int(measured.sum())
    return Summary(
        rate=schedule.rate,
        seconds=seconds,
        sent=sent,
        warm_up_sent=tally.sent - sent,
        decided=_by_action(tally.actions[in_time]),
        incomplete=int((in_time & tally.incomplete).sum()),
        dead_letters=tally.dead_letters,
        refused=int((measured & tally.not_taken).sum()),
        unanswered=sent - int(in_time.sum()),
        unsigned=int(np.isinf(signing).sum()),
        doubled=tally.doubled,
        offered=sent / seconds if seconds else 0.0,
        achieved=float(inside.sum()) / seconds if seconds else 0.0,
        latency=quantiles(latency[measured]),
        signed=quantiles(signing),
        kinds=_by_kind(tally),
        stages=ran.stages.quantiles(),
        late=late,
        sent_bytes=ran.sent_bytes,
        cost=_cost(ran.usage, int(paid.sum()), terms),
        usage=ran.usage,
        interrupted=ran.interrupted,
        problems=_problems(ran, sent, late, terms, restarted),
        repeats=repeats,
        written=written or {},
    )


def _by_action(actions: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> dict[str, int]:
    counts = np.bincount(actions, minlength=max(Action.values()) + 1)
    known = [(short_name(Action, number), int(counts[number])) for number in Action.values()]
    return {name: count for name, count in known if name is not None}


def _by_kind(tally: Tally) -> dict[str, Quantiles]:
    measured, latency = tally.measured(), tally.decision_seconds()
    of_kind = {kind: measured & (tally.schedule.kinds == number) for number, kind in enumerate(KINDS)}
    return {kind.value: quantiles(latency[mask]) for kind, mask in of_kind.items() if mask.any()}


def _cost(usage: Usage | None, decided: int, terms: Terms) -> Cost | None:
    if usage is None or not usage.services:
        return None
    idle = {name: cores * usage.seconds for name, cores in terms.idle.items()}
    return Cost(usage.seconds, usage.services, decided, idle, terms.price)


def _problems(ran: Ran, sent: int, late: Quantiles, terms: Terms, restarted: str) -> tuple[str, ...]:
    found: list[str] = []
    if not sent:
        found.append("nothing was measured")
    elif late.p99 > terms.late_limit:
        found.append(
            f"requests were sent late (p99 {late.p99 * 1000:.0f} ms, at most {terms.late_limit * 1000:.0f} ms): "
            "this was not the stated load"
        )
    if ran.tally.doubled:
        found.append(f"{ran.tally.doubled} requests were decided twice")
    if ran.not_waited:
        found.append("answers under way were not waited for, and count as none")
    if restarted:
        found.append(f"started again meanwhile: {restarted}")
    return tuple(found)


def keeps(summary: Summary, p95: float) -> bool:
    """Whether a run kept the promise: its p95 is at most `p95` seconds, over all requests, answered or not."""
    return not summary.problems and math.isfinite(summary.latency.p95) and summary.latency.p95 <= p95
