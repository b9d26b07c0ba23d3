"""Runs for tests of `sluice load`, made of times."""

from collections.abc import Mapping, Sequence

import numpy as np

from sluice.load.mix import KINDS, Kind
from sluice.load.ran import Ran
from sluice.load.schedule import Schedule
from sluice.load.stages import Stages
from sluice.load.summary import Terms
from sluice.load.tally import Tally
from sluice.load.usage import Usage

TERMS = Terms(late_limit=0.1, price=3.6, idle={})


def schedule(
    due: Sequence[float], kinds: Sequence[Kind] = (), warm_up: float = 0.0, seconds: float = 10.0
) -> Schedule:
    """What is due at these seconds; PROMPT unless kinds are given."""
    numbers = [KINDS.index(kind) for kind in kinds or [Kind.PROMPT] * len(due)]
    rate = len(due) / (warm_up + seconds)
    return Schedule(rate, warm_up, seconds, np.array(due, dtype=np.float64), np.array(numbers, dtype=np.uint8))


def tally(due: Sequence[float], kinds: Sequence[Kind] = (), warm_up: float = 0.0, limit: float = 5.0) -> Tally:
    """One whose ids are "r0", "r1" and so on."""
    return Tally(schedule(due, kinds, warm_up), [f"r{place}" for place in range(len(due))], limit)


def ran(
    found: Tally, services: Mapping[str, float] | None = None, ended: float = 10.0, not_waited: bool = False
) -> Ran:
    """A run that ended in order. `services`: CPU seconds, over 20 seconds."""
    usage = None if services is None else Usage(20.0, services, machine=30.0, own=0.5)
    return Ran(found, Stages(), usage, 0, ended, 1000, False, not_waited)
