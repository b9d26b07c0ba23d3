"""What a run gave, before anything is computed of it. Pure."""

from dataclasses import dataclass

from sluice.load.stages import Stages
from sluice.load.tally import Tally
from sluice.load.usage import Usage


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run gave. `ended`: seconds on its clock when it stopped sending, or was to. `sent_bytes`: of requests.

    `not_waited`: it was told not to wait for what was under way.
    """

    tally: Tally
    stages: Stages
    usage: Usage | None
    begun_ms: int
    ended: float
    sent_bytes: int
    interrupted: bool
    not_waited: bool
