"""Event time: nothing is late until everything before it has been read."""

import pytest

from orchestrator.clock import SLACK_MS, BrokerClock, VerdictClock


def never() -> int | None:
    pytest.fail("the broker was asked without need")


def test_a_later_verdict_tells_the_time() -> None:
    clock = VerdictClock()
    clock.on_verdict(5000)
    assert clock.until(deadline_ms=4000, now_ms=0, end=never) == 5000


def test_before_the_end_of_the_log_the_local_clock_means_nothing() -> None:
    clock = VerdictClock()
    clock.on_end(10)
    clock.on_verdict(3000)
    assert clock.until(deadline_ms=4000, now_ms=99_000, end=never) == 3000


@pytest.mark.parametrize(("end", "expected"), [(10, 99_000 - SLACK_MS), (11, 3000), (None, 3000)])
def test_at_the_end_the_local_clock_counts_once_the_broker_confirms(end: int | None, expected: int) -> None:
    clock = VerdictClock()
    clock.on_verdict(3000)
    clock.on_end(10)
    assert clock.until(deadline_ms=4000, now_ms=99_000, end=lambda: end) == expected


def test_the_broker_is_not_asked_before_the_deadline() -> None:
    clock = VerdictClock()
    clock.on_end(10)
    assert clock.until(deadline_ms=4000, now_ms=4000, end=never) == 0


def test_without_samples_the_local_clock_counts() -> None:
    assert BrokerClock().now(5000) == 5000
    assert BrokerClock().ahead_ms() is None


def test_the_closest_sample_counts() -> None:
    clock = BrokerClock()
    for appended, seen in ((12_000, 10_005), (12_010, 10_200), (12_020, 10_019)):
        clock.sample(appended, seen)
    assert clock.now(10_100) == 12_101


def test_a_broker_that_is_behind() -> None:
    clock = BrokerClock()
    clock.sample(7_000, 10_000)
    assert clock.now(10_000) == 7_000


def test_a_clock_that_was_set_right_is_believed_within_two_windows() -> None:
    clock = BrokerClock()
    clock.sample(20_000, 10_000)
    for seen in range(11_000, 90_000, 1000):
        clock.sample(seen, seen)
    assert clock.ahead_ms() == 0


def test_a_window_is_told_once() -> None:
    clock = BrokerClock()
    clock.sample(105_000, 100_000)
    assert clock.news()
    assert not clock.news()
