"""Places that are taken for long, of which nobody gets all."""

from collections import Counter
from http import HTTPStatus
from typing import Final

from gateway.errors import ApiError
from sluice.errors import OverloadedError

PART: Final = 4
"""One holder has one of so many parts at most."""
_AGAIN_SECONDS: Final = 5.0


class Shares:
    """`most`: places. `what`: what takes them, for errors: "streams of events are open".

    Use it from one event loop.
    """

    def __init__(self, most: int, what: str) -> None:
        self._most = most
        self._each = max(1, most // PART)
        self._what = what
        self._held: Counter[str] = Counter()

    @property
    def held(self) -> int:
        """Places that are taken."""
        return self._held.total()

    def take(self, holder: str) -> None:
        """Takes a place. OverloadedError where there is none; ApiError 429 where the holder has its share."""
        if self.held >= self._most:
            raise OverloadedError(f"{self.held} {self._what}")
        if self._held[holder] >= self._each:
            message = f"{self._each} {self._what}: more are not yours at once."
            raise ApiError(HTTPStatus.TOO_MANY_REQUESTS, "too_many_open", message, None, retry_seconds=_AGAIN_SECONDS)
        self._held[holder] += 1

    def leave(self, holder: str) -> None:
        """Gives a place back."""
        self._held[holder] -= 1
        if not self._held[holder]:
            del self._held[holder]
