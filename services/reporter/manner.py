"""How the operator wants it, and what a confirmation or a release is followed by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from reporter.incident import Filed, Standing
from reporter.ledger import Event


@dataclass(frozen=True, slots=True)
class Manner:
    """How the operator wants it. `hold`: a person confirms each incident before it is reported."""

    hold: bool = True
    gather_ms: int = 10 * 60_000
    """How long a confirmed incident waits for others of its account."""
    most_incidents: int = 50
    """Of one report."""


ANNOUNCED: Final = frozenset({Standing.CONFIRMED, Standing.RELEASED})
"""Of which `Announce` tells."""
Announce = Callable[[Filed], Sequence[Event]]
"""The events that tell of an incident that was just confirmed, or just released."""
