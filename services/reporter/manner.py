"""How the operator wants it, and what a confirmation is followed by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reporter.incident import Filed
from reporter.ledger import Event


@dataclass(frozen=True, slots=True)
class Manner:
    """How the operator wants it. `hold`: a person confirms each incident before it is reported."""

    hold: bool = True
    gather_ms: int = 10 * 60_000
    """How long a confirmed incident waits for others of its account."""
    most_incidents: int = 50
    """Of one report."""


Announce = Callable[[Filed], Sequence[Event]]
"""The events that tell of an incident that was just confirmed."""
