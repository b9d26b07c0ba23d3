"""Quotas by the calendar: what is counted, and when a new day or month begins."""

from datetime import UTC, datetime

import pytest

from gateway.errors import ApiError
from gateway.limits import RateLimits
from gateway.scopes import Caller, Limits
from gateway.usage import Usage


class Counts:
    """Notes what it is told, and says that a quota is passed where a test wants it."""

    def __init__(self, passed: str | None = None) -> None:
        self.passed = passed
        self.spent: list[tuple[str, int, str]] = []
        self.noted: list[tuple[str, str]] = []

    async def spend(self, key_id: str, count: int, day: str, limits: Limits) -> str | None:
        self.spent.append((key_id, count, day))
        return self.passed

    async def used(self, key_id: str, day: str) -> None:
        self.noted.append((key_id, day))


class Days:
    """A clock that a test sets."""

    def __init__(self, text: str) -> None:
        self.set(text)

    def set(self, text: str) -> None:
        """An ISO time, UTC."""
        self._ms = round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)

    def __call__(self) -> int:
        return self._ms


def who(day: int = 0, month: int = 0) -> Caller:
    """A caller with these quotas."""
    return Caller("k", "t", frozenset(), Limits(day=day, month=month))


async def test_requests_are_counted_for_their_day_in_utc() -> None:
    counts = Counts()
    await Usage(counts, RateLimits(), Days("2026-11-30T23:59:59")).spend(who(day=5), 3)
    assert counts.spent == [("k", 3, "2026-11-30")]


async def test_a_key_without_quotas_is_noted_once_a_day() -> None:
    counts, days = Counts(), Days("2026-11-30T01:00:00")
    usage = Usage(counts, RateLimits(), days)
    await usage.spend(who())
    await usage.spend(who(), 7)
    days.set("2026-12-01T00:00:00")
    await usage.spend(who())
    assert counts.noted == [("k", "2026-11-30"), ("k", "2026-12-01")]
    assert counts.spent == []


@pytest.mark.parametrize(
    ("passed", "now", "seconds"),
    [
        ("day", "2026-11-30T23:00:00", 3600),
        ("month", "2026-11-30T23:00:00", 3600),
        ("month", "2026-12-31T00:00:00", 86_400),
        ("month", "2026-02-01T00:00:00", 28 * 86_400),
        ("month", "2028-02-28T00:00:00", 2 * 86_400),
    ],
)
async def test_a_quota_that_is_used_up_comes_back_with_the_calendar(passed: str, now: str, seconds: int) -> None:
    with pytest.raises(ApiError) as found:
        await Usage(Counts(passed), RateLimits(), Days(now)).spend(who(day=1, month=2))
    assert found.value.code == "insufficient_quota"
    assert found.value.retry_seconds == seconds
    assert f"requests a {passed}" in found.value.message
