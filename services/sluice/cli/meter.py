"""How far a long command is: counts, speed, and what is left, as one line."""

from collections import Counter, deque
from typing import Final

_LOOK_BACK_SECONDS: Final = 10.0
"""Speed is that of the last seconds: a stack that has just started is slow at first."""
_MARK_SECONDS: Final = 0.5
_BAR: Final = 24


class Meter:
    """Counts answers. Times are seconds of one clock, `begun` being where it stood when the first was asked for."""

    def __init__(self, total: int, begun: float) -> None:
        self.total = total
        self.done = 0
        self.undecided = 0
        self._begun = begun
        self._actions: Counter[str] = Counter()
        self._marks: deque[tuple[float, int]] = deque([(begun, 0)])

    def count(self, action: str | None, now: float) -> None:
        """One answer: the decision's action, or None where there is no decision."""
        self.done += 1
        if action is None:
            self.undecided += 1
        else:
            self._actions[action] += 1
        if now - self._marks[-1][0] >= _MARK_SECONDS:
            self._marks.append((now, self.done))

    def rate(self, now: float) -> float:
        """Answers a second of late."""
        while len(self._marks) > 1 and now - self._marks[1][0] >= _LOOK_BACK_SECONDS:
            self._marks.popleft()
        since, before = self._marks[0]
        return (self.done - before) / (now - since) if now > since else 0.0

    def line(self, now: float) -> str:
        """Such as "1,234 of 2,000 answered, 312/s, 0:02 left, 3 not decided"."""
        rate = self.rate(now)
        words = [f"{self.done:,} of {self.total:,} answered", f"{_speed(rate)}/s"]
        if rate > 0 and self.done < self.total:
            words.append(f"{_clock((self.total - self.done) / rate)} left")
        if self.undecided:
            words.append(f"{self.undecided:,} not decided")
        return ", ".join(words)

    def bar(self, now: float, width: int) -> str:
        """The same with a bar before it where `width` columns have room for both, and never wider."""
        line = self.line(now)
        full = _BAR * min(self.done, self.total) // max(self.total, 1)
        drawn = f"[{'#' * full}{'.' * (_BAR - full)}] {line}"
        return drawn if len(drawn) <= width else line[:width]

    def summary(self, now: float) -> str:
        """What came of all of it, for the end."""
        seconds = now - self._begun
        speed = f", {_speed(self.done / seconds)}/s" if seconds > 0 else ""
        counts = [f"{count:,} {action}" for action, count in sorted(self._actions.items())]
        counts.append(f"{self.undecided:,} not decided")
        missing = self.total - self.done
        counts += [f"{missing:,} not waited for"] if missing > 0 else []
        return f"{self.done:,} of {self.total:,} answered in {seconds:.1f} s{speed}: {', '.join(counts)}"


def _speed(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


def _clock(seconds: float) -> str:
    """1:05, or 2:00:00."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
