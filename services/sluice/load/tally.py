"""What became of the requests of one run. Pure: times come from outside, as seconds on the run's clock.

Two threads write here, each to arrays and counters of its own: whoever sends, and whoever watches.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from sluice.load.mix import KINDS, Kind
from sluice.load.schedule import Schedule
from sluice.v1.decision_pb2 import Action

Mask = npt.NDArray[np.bool_]

_OUTPUT: Final = KINDS.index(Kind.OUTPUT)


class Tally:
    """Requests by their place in the schedule.

    `limit`: seconds after a request was due, after which an answer is none: its deadline and the grace.
    """

    def __init__(self, schedule: Schedule, ids: Sequence[str], limit: float) -> None:
        count = len(schedule.due)
        self.schedule = schedule
        self.limit = limit
        self.sent_at = np.full(count, math.inf)
        self.decided_at = np.full(count, math.inf)
        self.signed_at = np.full(count, math.inf)
        self.actions = np.zeros(count, np.uint8)
        self.incomplete = np.zeros(count, np.bool_)
        self.not_taken = np.zeros(count, np.bool_)
        self._over = np.zeros(count, np.bool_)
        self.sent = 0
        """Handed over so far; the schedule's first so many."""
        self.refused = 0
        self.answered = 0
        """Nothing more will come of so many."""
        self.doubled = 0
        """Further decisions about a request that had one: there must be none."""
        self.dead_letters = 0
        self._places = {request_id.encode(): place for place, request_id in enumerate(ids)}

    def place(self, key: bytes) -> int | None:
        """Which request a record's key names; None for one that is not of this run."""
        return self._places.get(key)

    def send(self, place: int, at: float) -> None:
        """It was handed over."""
        self.sent_at[place] = at
        self.sent += 1

    def refuse(self, place: int) -> None:
        """The client gave it up. The broker may have it all the same, and then it is decided."""
        self.not_taken[place] = True
        self.refused += 1

    def decide(self, place: int, at: float, action: Action.ValueType, complete: bool) -> bool:
        """It was decided. False for a second decision, which changes nothing but `doubled`."""
        if math.isfinite(self.decided_at[place]):
            self.doubled += 1
            return False
        self.decided_at[place] = at
        self.actions[place] = action
        self.incomplete[place] = not complete
        if not self._wants_asset(place) or math.isfinite(self.signed_at[place]):
            self._end(place)
        return True

    def sign(self, place: int, at: float) -> None:
        """Its picture was signed. This can be seen before the decision, on another topic."""
        if math.isfinite(self.signed_at[place]):
            return
        self.signed_at[place] = at
        if math.isfinite(self.decided_at[place]) and self._wants_asset(place):
            self._end(place)

    def bury(self) -> None:
        """A dead letter names one of ours. Whether it is decided all the same shows elsewhere."""
        self.dead_letters += 1

    @property
    def under_way(self) -> int:
        """What may still be answered. What the client gave up and the broker had is not there twice."""
        return self.sent - int(np.count_nonzero(self.not_taken | self._over))

    def measured(self) -> Mask:
        """What was sent and is not warm-up."""
        found: Mask = (self.schedule.due >= self.schedule.warm_up) & np.isfinite(self.sent_at)
        return found

    def decision_seconds(self) -> npt.NDArray[np.float64]:
        """Of every request: from when it was due to when its decision was read; infinite where none came in time."""
        return self._within_limit(self.decided_at)

    def signing_seconds(self) -> npt.NDArray[np.float64]:
        """Of every request: the same to its signed picture. Of use for `wanting()`."""
        return self._within_limit(self.signed_at)

    def wanting(self) -> Mask:
        """Outputs that were allowed: they want a signed picture."""
        found: Mask = (self.schedule.kinds == _OUTPUT) & (self.actions == Action.ACTION_ALLOW)
        return found

    def late_seconds(self) -> npt.NDArray[np.float64]:
        """Of every request that was sent and is not warm-up: how long after it was due."""
        measured = self.measured()
        return self.sent_at[measured] - self.schedule.due[measured]

    def _end(self, place: int) -> None:
        self._over[place] = True
        self.answered += 1

    def _within_limit(self, at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        seconds = at - self.schedule.due
        return np.where(seconds <= self.limit, seconds, math.inf)

    def _wants_asset(self, place: int) -> bool:
        return bool(self.schedule.kinds[place] == _OUTPUT and self.actions[place] == Action.ACTION_ALLOW)
