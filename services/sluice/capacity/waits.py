"""What of a deadline is left for waiting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sluice.capacity.costs import KAFKA, Costs
from sluice.capacity.demand import Demand
from sluice.capacity.work import Work
from sluice.errors import ConfigError

INGEST: Final = "ingest"
ORCHESTRATOR: Final = "orchestrator"
AFTER: Final = ("c2pa-signer", "provenance")
"""Services that work once the decision is made."""
HOPS: Final = ("kafka.hop_requests", "kafka.hop_contents", "kafka.hop_verdicts", "kafka.hop_decisions")
STAGES: Final = 3
"""In each of which a request may wait, one after the other: ingest, the slowest of the checks, which work at the same
time, and the orchestrator."""


@dataclass(frozen=True, slots=True)
class Road:
    """`hops`: seconds on the broker. `serial`: services in turn and what a request takes in each, the slowest check
    in the place of all. `slack`: what the deadline leaves for waiting."""

    hops: float
    serial: Sequence[tuple[str, float]]
    slack: float

    @property
    def alone(self) -> float:
        """Seconds from request to decision with nothing else to do."""
        return self.hops + sum(seconds for _, seconds in self.serial)

    @property
    def wait(self) -> float:
        """Seconds that each stage may let a request wait: the slack in equal parts."""
        return self.slack / STAGES


def checks_of(works: Mapping[str, Work]) -> Sequence[str]:
    """Services that look at the same contents at the same time."""
    return [name for name in works if name not in (INGEST, ORCHESTRATOR, KAFKA, *AFTER)]


def road(costs: Costs, works: Mapping[str, Work], demand: Demand) -> Road:
    """The way of the dearest kind of request. Raises ConfigError where its work alone takes longer."""
    hops = sum(costs.other[name].value for name in HOPS)
    slowest = max(checks_of(works), key=lambda name: works[name].alone)
    serial = [(name, works[name].alone) for name in (INGEST, slowest, ORCHESTRATOR)]
    found = Road(hops, serial, demand.deadline - hops - sum(seconds for _, seconds in serial))
    if found.slack <= 0:
        parts = ", ".join(f"{name} {seconds:.3f}" for name, seconds in [("Kafka", hops), *serial])
        raise ConfigError(
            [
                f"--deadline {demand.deadline:g} is shorter than one request takes with nothing else to do, "
                f"{found.alone:.3f} s ({parts}): no number of replicas keeps it"
            ]
        )
    return found
