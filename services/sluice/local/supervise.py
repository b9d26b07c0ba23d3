"""A child that is started again when it ends: soon at first, then less and less often, for as long as it ends.

Half a second after the first end, twice as long after each further one, 30 s at most; whoever has run for a minute
begins from the start. A wrong configuration (exit status 78) does not mend itself and is not tried again.
"""

import time
from collections.abc import Callable, Iterator
from typing import Final

from sluice.errors import EX_CONFIG
from sluice.local.process import Process

FIRST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 30.0
GOOD_SECONDS: Final = 60.0
"""A child that ran for this long was well."""
KEEPS_FAILING: Final = 4
"""Ends in a row from which it is called a child that keeps failing."""

_LOOK_SECONDS = 0.5


def pause_after(failures: int) -> float:
    """Seconds from the end to the next start. `failures`: ends in a row, this one among them, from 1."""
    return min(LONGEST_SECONDS, FIRST_SECONDS * float(2 ** min(failures - 1, 16)))


class Kept:
    """One child. Call `tend` often, on the thread that shall be its parent (see `Process`)."""

    def __init__(
        self,
        process: Process,
        start: Callable[[], Process],
        serves: Callable[[], bool],
        taken: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
        without: str = "",
    ) -> None:
        """`start` starts it again at its address. `serves`: it is ready there; `taken`: somebody answers there.

        `without`: what its absence means, for people; by default that nothing that needs it will be allowed.
        """
        self.process = process
        self.restarts = 0
        self._start = start
        self._serves = serves
        self._taken = taken
        self._clock = clock
        self._without = without or f"nothing that needs {process.name} will be allowed"
        self._began = clock()
        self._failures = 0
        self._due: float | None = None
        self._given_up = False
        self._missed_since: float | None = None
        self._look_at = 0.0

    @property
    def name(self) -> str:
        """For people."""
        return self.process.name

    def tend(self) -> Iterator[str]:
        """Does what is due, and says what happened."""
        if self._given_up:
            return
        if self._due is not None:
            if self._clock() >= self._due:
                self._start_again()
        elif self.process.exit_code() is not None:
            yield from self._ended()
        elif self._missed_since is not None and self._clock() >= self._look_at:
            self._look_at = self._clock() + _LOOK_SECONDS
            if self._serves():
                yield f"{self.name} is back after {self._clock() - self._missed_since:.0f} s"
                self._missed_since = None

    def _ended(self) -> Iterator[str]:
        now = self._clock()
        how = self.process.how_it_ended()
        if self._missed_since is None:
            self._missed_since = now
        if self.process.exit_code() == EX_CONFIG:
            self._given_up = True
            yield f"{self.name} {how}"
            yield f"{self._without}; once it is mended, `sluice serve {self.name}`"
            return
        self._failures = 1 if now - self._began >= GOOD_SECONDS else self._failures + 1
        pause = pause_after(self._failures)
        self._due = now + pause
        yield f"{self.name} {how}; it is started again in {pause:g} s"
        if self._failures >= KEEPS_FAILING:
            yield (
                f"{self.name} keeps failing, {self._failures} times now: {self._without}; "
                f"its log is {self.process.log}"
            )

    def _start_again(self) -> None:
        self._began = self._clock()
        if self._taken():
            # Somebody has taken its place by hand: looked at again later, and left alone until then.
            self._due = self._began + LONGEST_SECONDS
            return
        self._due = None
        before = self.process.log.with_suffix(".before.log")
        if self.process.log.exists():
            self.process.log.replace(before)
        self.process = self._start()
        self.restarts += 1
