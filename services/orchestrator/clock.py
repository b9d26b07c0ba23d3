"""Event time: up to which moment have all verdicts been read?

A verdict read tells it up to its own append time. At the end of the log nothing tells, so there a clock does, once
the broker has confirmed that the end is still where it was: else a worker that starts after a pause would take every
verdict that it has not read yet for a late one.

Append times are the broker's, so the clock that counts is the broker's too. `BrokerClock` reckons it from ours and
from what deliveries show of the difference.
"""

from collections.abc import Callable
from dataclasses import dataclass

SLACK_MS = 30
"""How far the broker's clock may be behind our reckoning before a verdict in time could be missed."""
_WINDOW_MS = 30_000


@dataclass(slots=True)
class BrokerClock:
    """The broker's clock, reckoned from the local one. Milliseconds.

    A record that the broker stamped at `b`, seen by us at `l`, shows that the broker's clock is at least `b - l`
    ahead of ours: the stamp is older than the moment of seeing it. The largest of the last minute is the closest, and
    never too far ahead, so a deadline is never taken for passed too soon. Without samples, the local clock counts.
    """

    _best: int | None = None
    _before: int | None = None
    _since: int = 0
    _told: int = 0

    def sample(self, appended_at_ms: int, seen_at_ms: int) -> None:
        """A record that had just been appended was seen."""
        if seen_at_ms - self._since > _WINDOW_MS:
            self._before, self._best, self._since = self._best, None, seen_at_ms
        ahead = appended_at_ms - seen_at_ms
        self._best = ahead if self._best is None else max(self._best, ahead)

    def ahead_ms(self) -> int | None:
        """By how much the broker's clock is ahead of ours (negative: behind), at least; None: not known."""
        known = [found for found in (self._best, self._before) if found is not None]
        return max(known, default=None)

    def news(self) -> bool:
        """Whether there is a new window of samples since it was asked last."""
        told, self._told = self._told, self._since
        return told != self._since

    def now(self, local_ms: int) -> int:
        """The broker's time."""
        return local_ms + (self.ahead_ms() or 0)


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

        `deadline_ms`: the earliest deadline waiting. `now_ms`: the broker's time. `end()` asks the broker for the end
        of the log; None where it does not answer. It is asked only where the answer matters.
        """
        if self.read_until > deadline_ms:
            return self.read_until
        if self.at_end and now_ms - SLACK_MS > deadline_ms:
            found = end()
            if found is not None and found <= self.end_offset:
                self.read_until = max(self.read_until, now_ms - SLACK_MS)
        return self.read_until
