"""Event time: nothing is late until everything before it has been read."""

import pytest

from orchestrator.clock import SLACK_MS, VerdictClock


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
