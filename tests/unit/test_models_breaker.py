"""The breaker and the retry budget, moment by moment."""

from hypothesis import given
from hypothesis import strategies as st

from sluice.models.breaker import Breaker, RetryBudget


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker(failures=3, pause=1.0)
    for _ in range(3):
        breaker.failed(at)
    return breaker


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    breaker = Breaker(failures=3, pause=1.0)
    for _ in range(2):
        breaker.failed(0.0)
    breaker.succeeded()
    for _ in range(2):
        breaker.failed(0.0)
    assert breaker.allows(0.0)
    breaker.failed(0.0)
    assert breaker.is_open
    assert not breaker.allows(0.5)


def test_open_it_lets_one_trial_pass_in_each_pause() -> None:
    breaker = opened(at=10.0)
    assert [breaker.allows(at) for at in (10.9, 11.0, 11.0, 11.9, 12.0)] == [False, True, False, False, True]


def test_a_trial_that_succeeds_closes_it() -> None:
    breaker = opened()
    assert breaker.allows(1.0)
    breaker.succeeded()
    assert not breaker.is_open
    assert all(breaker.allows(1.0) for _ in range(9))


def test_a_trial_that_fails_leaves_it_open() -> None:
    breaker = opened()
    assert breaker.allows(1.0)
    breaker.failed(1.5)
    assert not breaker.allows(1.9)
    assert breaker.allows(2.0)


def test_what_is_known_to_be_dead_is_not_asked_five_times() -> None:
    breaker = Breaker()
    breaker.trip(0.0)
    assert not breaker.allows(0.5)
    assert breaker.allows(1.0)


@given(st.lists(st.booleans(), max_size=300))
def test_retries_are_a_tenth_of_the_calls_and_ten_beside(wants: list[bool]) -> None:
    budget = RetryBudget(every=10, most=10)
    taken = 0
    for want in wants:
        budget.called()
        taken += want and budget.take()
    assert taken <= 10 + 0.1 * len(wants)


def test_a_quiet_time_saves_no_more_than_ten() -> None:
    budget = RetryBudget()
    for _ in range(1000):
        budget.called()
    assert sum(budget.take() for _ in range(20)) == 10
    for _ in range(10):
        budget.called()
    assert [budget.take() for _ in range(2)] == [True, False]
