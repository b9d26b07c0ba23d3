"""Event time: up to which moment have all verdicts been read?

A verdict read tells it up to its own append time. At the end of the log nothing tells, so there the local clock
does, once the broker has confirmed that the end is still where it was: else a worker that starts after a pause
would take every verdict that it has not read yet for a late one.
"""

from collections.abc import Callable
from dataclasses import dataclass

SLACK_MS = 30
"""How far the broker's clock may be behind ours before a verdict in time could be missed."""


@dataclass(slots=True)
class VerdictClock:
    """Event time of one partition's verdicts, milliseconds since the epoch."""

    read_until: int = 0
    at_end: bool = False
    end_offset: int = -1

    def on_verdict(self, appended_at_ms: int) -> None:
        """A verdict was read."""
        self.read_until = max(self.read_until, appended_at_ms)
        self.at_end = False

    def on_end(self, offset: int) -> None:
        """The reader reached the end of the log."""
        self.at_end = True
        self.end_offset = offset

    def until(self, deadline_ms: int, now_ms: int, end: Callable[[], int | None]) -> int:
        """All verdicts appended before this moment have been read.

        `deadline_ms`: the earliest deadline waiting. `end()` asks the broker for the end of the log; None where it
        does not answer. It is asked only where the answer matters.
        """
        if self.read_until > deadline_ms:
            return self.read_until
        if self.at_end and now_ms - SLACK_MS > deadline_ms:
            found = end()
            if found is not None and found <= self.end_offset:
                self.read_until = max(self.read_until, now_ms - SLACK_MS)
        return self.read_until
