"""What goes wrong and when, drawn from a seed. Pure."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """What is done to whom."""

    KILL = "service kill -9"
    LINE = "service dies at a line"
    """See `dies_at`."""
    FREEZE = "service SIGSTOP"
    TERM = "service SIGTERM"
    JOIN = "replica joins and leaves"
    """A rebalance while busy, twice."""
    BROKER_KILL = "broker kill -9"
    BROKER_FREEZE = "broker SIGSTOP"
    BROKER_TERM = "broker SIGTERM"
    OUTAGE = "all brokers kill -9"
    """Gone together, back together after a while."""


MIXTURE: Mapping[FaultKind, int] = {
    FaultKind.KILL: 28,
    FaultKind.LINE: 26,
    FaultKind.FREEZE: 18,
    FaultKind.TERM: 9,
    FaultKind.JOIN: 6,
    FaultKind.BROKER_KILL: 7,
    FaultKind.BROKER_FREEZE: 4,
    FaultKind.BROKER_TERM: 3,
}
"""How often each kind comes, relative to the others. OUTAGE comes beside: once in sixty faults."""

WEIGHTS: Mapping[str, int] = {
    "orchestrator": 40,
    "ingest": 22,
    "c2pa-signer": 14,
    "text-classifier": 8,
    "image-text-classifier": 5,
    "image-classifier": 5,
    "person-classifier": 5,
    "hash-matcher": 6,
}
"""Who is hit how often."""

BY_LINE = ("orchestrator", "ingest", "c2pa-signer")
"""Services that write more than one record at a time, or read before they write."""
JOINED = ("orchestrator", "ingest", "text-classifier", "c2pa-signer")


@dataclass(frozen=True, slots=True)
class Fault:
    """One of them. `gap`: seconds after the one before; `luck`, in 0..1, chooses among replicas or brokers.

    `seconds`: how long it is frozen, stays away, or stays joined; for LINE how long it waits for its line.
    """

    number: int
    kind: FaultKind
    service: str
    luck: float
    seconds: float
    gap: float
    seed: int


def plan(seed: int, count: int, minutes: float) -> Sequence[Fault]:
    """`count` faults over about so many minutes. Several can be under way at once."""
    dice = random.Random(f"faults {seed}")
    outages = count // 60
    kinds = [FaultKind.OUTAGE] * outages + _mixture(count - outages, dice)
    dice.shuffle(kinds)
    return [_fault(number, kind, dice, minutes * 60 / max(1, count)) for number, kind in enumerate(kinds, 1)]


def _mixture(count: int, dice: random.Random) -> list[FaultKind]:
    """Shares as in MIXTURE; a short list has each kind that its length allows."""
    whole = sum(MIXTURE.values())
    kinds = [kind for kind, share in MIXTURE.items() for _ in range(share * count // whole)]
    missing = [kind for kind in MIXTURE if kind not in kinds]
    dice.shuffle(missing)
    # A broker that dies is in every run.
    missing.sort(key=lambda kind: kind is not FaultKind.BROKER_KILL)
    kinds += missing[: count - len(kinds)]
    return kinds + dice.choices(list(MIXTURE), list(MIXTURE.values()), k=count - len(kinds))


def _fault(number: int, kind: FaultKind, dice: random.Random, mean_gap: float) -> Fault:
    names = {FaultKind.LINE: BY_LINE, FaultKind.JOIN: JOINED}.get(kind, tuple(WEIGHTS))
    seconds = {
        FaultKind.FREEZE: dice.uniform(1, 12),
        FaultKind.BROKER_FREEZE: dice.uniform(1, 12),
        FaultKind.BROKER_KILL: dice.uniform(0, 4),
        FaultKind.BROKER_TERM: dice.uniform(0, 4),
        FaultKind.OUTAGE: dice.uniform(20, 60),
        FaultKind.JOIN: dice.uniform(5, 15),
        FaultKind.LINE: dice.uniform(5, 20),
    }.get(kind, 0.0)
    return Fault(
        number=number,
        kind=kind,
        service=dice.choices(names, [WEIGHTS[name] for name in names])[0],
        luck=dice.random(),
        seconds=seconds,
        gap=min(dice.expovariate(1 / mean_gap), 4 * mean_gap),
        seed=dice.getrandbits(31),
    )
