"""A clock that can be put forward, so that a day passes in a test."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(slots=True)
class Clock:
    """This machine's, and so much later."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """In UTC."""
        return datetime.fromtimestamp(time.time(), UTC) + self.ahead

    def advance(self, seconds: float) -> datetime:
        """Puts it forward, and returns what it shows. ValueError: it never goes back."""
        if not 0 <= seconds <= 10 * 366 * 86_400:
            raise ValueError("a clock is put forward, by ten years at most")
        self.ahead += timedelta(seconds=seconds)
        return self.now()
