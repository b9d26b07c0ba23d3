"""One moment by which an answer must be there, passed down instead of a number of seconds."""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """A moment in milliseconds since the epoch (UTC), the clock of the broker's append times."""

    at_ms: int

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """The moment `seconds` from now."""
        return cls(now_ms() + round(seconds * 1000))

    def remaining(self, now: int | None = None) -> float:
        """Seconds left, 0.0 once it has passed. `now` in milliseconds since the epoch."""
        return max(0.0, (self.at_ms - (now_ms() if now is None else now)) / 1000)

    def passed(self, now: int | None = None) -> bool:
        """Whether no time is left."""
        return self.remaining(now) <= 0.0


def now_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000
