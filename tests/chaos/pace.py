"""How a run goes forward: traffic and faults wait for each other, and faults do not wait for a slow machine. Pure."""

from dataclasses import dataclass

LEAST_SHARE = 10 / 11
"""Of the faults asked for, so many must have been: 100 of 110."""
OVERTIME = 1.25
"""After so many times the minutes asked for, no fault is added to the least."""
_HEAD = 0.3
"""Of its share of the requests so much is under way when a fault begins."""
_LEAST_HURRY = 0.05


@dataclass(frozen=True, slots=True)
class Pace:
    """`requests` with `faults` among them, spread over about so many `minutes`."""

    requests: int
    faults: int
    minutes: float

    def allowed(self, begun: int, enough: bool) -> int:
        """How many requests may have been sent once so many faults have begun."""
        if enough or begun >= self.faults:
            return self.requests
        return int(self._share * (begun + 1) + 0.5)

    def may_begin(self, begun: int, sent: int) -> bool:
        """Whether there is work for the next fault to disturb."""
        return sent >= self._share * (begun + _HEAD)

    def enough(self, begun: int, seconds: float) -> bool:
        """Whether no further fault is needed: all have been, or enough of them and time is short."""
        least = int(self.faults * LEAST_SHARE)
        return begun >= self.faults or (begun >= least and seconds > self.minutes * 60 * OVERTIME)

    def hurry(self, begun: int, seconds: float) -> float:
        """What the gap before the next fault is multiplied by: below 1 where the run is behind its time."""
        left, planned = self.minutes * 60 - seconds, self.minutes * 60 * (1 - begun / max(1, self.faults))
        return 1.0 if planned <= 0 else min(1.0, max(_LEAST_HURRY, left / planned))

    @property
    def _share(self) -> float:
        return self.requests / (self.faults + 1)
