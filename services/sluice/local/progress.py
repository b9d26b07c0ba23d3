"""Keeping a person informed of a long wait, without saying the same thing over and over."""

import time
from collections.abc import Callable

Say = Callable[[str], None]
"""Tells a person what is going on, a line at a time."""


class Progress:
    """Says a changing line every `seconds` at most, and one that does not change every `again` seconds."""

    def __init__(
        self, say: Say, seconds: float = 5.0, again: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._say = say
        self._seconds = seconds
        self._again = again
        self._clock = clock
        self._told = clock()
        self._line = ""

    def tell(self, line: str) -> None:
        """Says the line if it is time to. Call it as often as you like."""
        waited = self._clock() - self._told
        if waited >= (self._again if line == self._line else self._seconds):
            self._told = self._clock()
            self._line = line
            self._say(line)
