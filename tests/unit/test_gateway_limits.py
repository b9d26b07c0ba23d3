"""Tokens per key: how many there are, when they come back, and who owes some."""

import pytest

from gateway.errors import ApiError
from gateway.limits import RateLimits
from gateway.scopes import Caller, Limits


class Clock:
    """Seconds that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def who(key_id: str = "k", rate: int = 60, burst: int = 2) -> Caller:
    """A caller of these limits."""
    return Caller(key_id, "t", frozenset(), Limits(rate, burst))


def refused(limits: RateLimits, caller: Caller) -> float:
    """Seconds until it may ask again."""
    with pytest.raises(ApiError) as found:
        limits.take(caller)
    assert found.value.retry_seconds is not None
    return found.value.retry_seconds


def test_a_burst_then_one_at_a_time() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    limits.take(who())
    limits.take(who())
    assert refused(limits, who()) == pytest.approx(1.0)
    clock.now += 0.5
    assert refused(limits, who()) == pytest.approx(0.5)
    clock.now += 0.5
    limits.take(who())
    assert refused(limits, who()) == pytest.approx(1.0)


def test_no_more_than_a_burst_is_saved_up() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    limits.take(who())
    clock.now += 3600
    limits.take(who())
    limits.take(who())
    assert refused(limits, who()) == pytest.approx(1.0)


def test_without_a_burst_a_minutes_worth_is_one() -> None:
    limits = RateLimits(Clock())
    for _ in range(5):
        limits.take(who(rate=5, burst=0))
    assert refused(limits, who(rate=5, burst=0)) == pytest.approx(12.0)


def test_keys_do_not_share() -> None:
    limits = RateLimits(Clock())
    limits.take(who("a", burst=1))
    limits.take(who("b", burst=1))


def test_no_rate_is_no_limit() -> None:
    limits = RateLimits(Clock())
    for _ in range(1000):
        limits.take(who(rate=0, burst=1))


def test_a_call_of_many_requests_is_let_in_and_owes_the_rest() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    limits.take(who())
    limits.owe(who(), 9)
    assert refused(limits, who()) == pytest.approx(9.0)
    clock.now += 9
    limits.take(who())


def test_buckets_that_nobody_touches_are_forgotten() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    for number in range(1024):
        limits.take(who(f"k{number}"))
    clock.now += 3601
    limits.take(who("new"))
    assert len(limits) == 1
