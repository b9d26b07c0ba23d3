"""How a chaos run goes forward: work for every fault, faults for all the work, and no end of it on a slow machine."""

import pytest

from tests.chaos.pace import Pace

PACE = Pace(requests=20_000, faults=110, minutes=12)


def test_before_each_fault_only_its_share_of_the_requests_is_sent() -> None:
    allowed = [PACE.allowed(begun, enough=False) for begun in range(111)]
    assert allowed == sorted(allowed)
    assert 0 < allowed[0] < 200
    assert allowed[-1] == 20_000


def test_every_fault_finds_work_and_is_waited_for_by_some() -> None:
    for begun in range(110):
        allowed = PACE.allowed(begun, enough=False)
        assert PACE.may_begin(begun, allowed)
        assert not PACE.may_begin(begun, PACE.allowed(begun - 1, enough=False))


def test_when_there_have_been_enough_faults_the_rest_is_sent() -> None:
    assert PACE.allowed(100, enough=True) == 20_000


@pytest.mark.parametrize(
    ("begun", "minutes", "enough"), [(99, 60, False), (100, 14, False), (100, 16, True), (110, 1, True)]
)
def test_on_a_slow_machine_a_tenth_of_the_faults_may_be_missing(begun: int, minutes: float, enough: bool) -> None:
    assert PACE.enough(begun, minutes * 60) is enough


def test_who_is_behind_waits_less_between_faults() -> None:
    assert PACE.hurry(0, 0) == 1
    assert PACE.hurry(55, 6 * 60) == 1
    assert PACE.hurry(50, 3 * 60) == 1
    assert PACE.hurry(55, 9 * 60) == 0.5
    assert 0 < PACE.hurry(55, 20 * 60) < 0.1
    assert PACE.hurry(110, 20 * 60) == 1


def test_a_run_without_faults_sends_everything() -> None:
    quiet = Pace(requests=10, faults=0, minutes=1)
    assert quiet.enough(0, 0)
    assert quiet.allowed(0, enough=True) == 10
