"""How much a key has asked: quotas of a day and of a month, by the calendar in UTC, counted for all replicas."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Protocol

from gateway.errors import ApiError
from gateway.limits import RateLimits
from gateway.scopes import UNLIMITED, Caller, Limits


class Counts(Protocol):
    """Where requests are counted."""

    async def spend(self, key_id: str, count: int, day: str, limits: Limits) -> str | None:
        """Adds `count` to the day ("2026-11-30") and its month, both or neither. None where that was done; else which
        quota it would have passed, "day" or "month". RetryableError where it cannot be told."""

    async def used(self, key_id: str, day: str) -> None:
        """Notes that the key was good for something that day."""


class Usage:
    """Counts requests. `now`: milliseconds since the epoch."""

    def __init__(self, counts: Counts, limits: RateLimits, now: Callable[[], int]) -> None:
        self._counts = counts
        self._limits = limits
        self._now = now
        self._noted: dict[str, str] = {}

    async def spend(self, caller: Caller, count: int = 1) -> None:
        """Counts `count` requests of a call that was let in. ApiError 429 where a quota does not have them left;
        RetryableError where nobody can say: nothing is asked then."""
        self._limits.owe(caller, count - 1)
        moment = datetime.fromtimestamp(self._now() / 1000, UTC)
        day = moment.strftime("%Y-%m-%d")
        limits = caller.limits
        if limits.day == UNLIMITED and limits.month == UNLIMITED:
            if self._noted.get(caller.key_id) != day:
                await self._counts.used(caller.key_id, day)
                self._noted[caller.key_id] = day
            return
        passed = await self._counts.spend(caller.key_id, count, day, limits)
        if passed is not None:
            most = limits.day if passed == "day" else limits.month
            raise ApiError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "insufficient_quota",
                f"The quota of this key is {most} requests a {passed}.",
                retry_seconds=_seconds_left(moment, passed),
                retry=False,
            )


def _seconds_left(moment: datetime, period: str) -> float:
    """Until the next day or month begins."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    day = timedelta(days=1)
    # The 28th and four days more is always in the next month.
    following = midnight + day if period == "day" else (midnight.replace(day=28) + 4 * day).replace(day=1)
    return (following - moment).total_seconds()
