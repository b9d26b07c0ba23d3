"""CPU seconds, and what was used between two readings of them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """CPU seconds so far: by service, of everything on this machine, of this process. `at`: monotonic seconds."""

    at: float
    services: Mapping[str, float]
    machine: float
    own: float


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds between two readings, and how many `seconds` lay between."""

    seconds: float
    services: Mapping[str, float]
    machine: float
    own: float

    @classmethod
    def between(cls, first: Reading, last: Reading) -> "Usage":
        """A service that was started anew meanwhile began at zero again: what it has used since is what is known."""
        services = {
            name: seconds - before if seconds >= (before := first.services.get(name, 0.0)) else seconds
            for name, seconds in last.services.items()
        }
        return cls(last.at - first.at, services, last.machine - first.machine, last.own - first.own)

    @property
    def total(self) -> float:
        """Of all services."""
        return sum(self.services.values())
