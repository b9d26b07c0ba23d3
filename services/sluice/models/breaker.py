"""Not asking a server that does not answer: a circuit breaker and a budget for retries.

Neither has a clock: every moment is passed in, in seconds of any clock that never goes back.
"""


class Breaker:
    """Closed: everything may pass. Open: one trial every `pause` seconds, until one succeeds."""

    def __init__(self, failures: int = 5, pause: float = 1.0) -> None:
        """`failures`: so many in a row open it."""
        self._most = failures
        self._pause = pause
        self._failed = 0
        self._next_trial: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls are being held back."""
        return self._next_trial is not None

    def allows(self, now: float) -> bool:
        """Whether a call may pass. While open, asking takes the trial: nobody else gets one before the next pause is
        over. So a trial that is never heard of again blocks nothing."""
        if self._next_trial is None:
            return True
        if now < self._next_trial:
            return False
        self._next_trial = now + self._pause
        return True

    def succeeded(self) -> None:
        """The server answered."""
        self._failed = 0
        self._next_trial = None

    def failed(self, now: float) -> None:
        """The server did not answer, and might have."""
        self._failed += 1
        if self._failed >= self._most:
            self.trip(now)

    def trip(self, now: float) -> None:
        """Opens at once: it is known that the next call would fail too."""
        if self._next_trial is None:
            self._next_trial = now + self._pause


class RetryBudget:
    """Retries as a share of the calls, so that they cannot multiply the load of a server in trouble.

    A token bucket: each call puts in one, a retry takes `every`, and no more than what `most` retries take is kept.
    """

    def __init__(self, every: int = 10, most: int = 10) -> None:
        """`every`: one retry for so many calls."""
        self._every = every
        self._full = self._tokens = every * most

    def called(self) -> None:
        """A first attempt was made."""
        self._tokens = min(self._full, self._tokens + 1)

    def take(self) -> bool:
        """Whether a call may be repeated; its tokens are then taken."""
        if self._tokens < self._every:
            return False
        self._tokens -= self._every
        return True
