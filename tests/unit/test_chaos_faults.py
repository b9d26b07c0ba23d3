"""The plan of faults: drawn from a seed, long enough, and with every kind in it."""

from collections import Counter

import pytest

from tests.chaos.faults import BY_LINE, FaultKind, plan


def test_a_seed_gives_the_same_faults_and_another_seed_others() -> None:
    assert plan(7, 110, 12) == plan(7, 110, 12)
    assert plan(7, 110, 12) != plan(8, 110, 12)


@pytest.mark.parametrize("seed", range(5))
def test_a_long_run_has_every_kind(seed: int) -> None:
    faults = plan(seed, 110, 12)
    kinds = Counter(fault.kind for fault in faults)
    assert len(faults) == 110
    assert set(kinds) == set(FaultKind)
    assert kinds[FaultKind.OUTAGE] == 1
    assert kinds[FaultKind.KILL] + kinds[FaultKind.LINE] > 50


@pytest.mark.parametrize("seed", range(5))
def test_a_short_run_kills_a_broker(seed: int) -> None:
    faults = plan(seed, 6, 0.5)
    assert len(faults) == 6
    assert FaultKind.BROKER_KILL in {fault.kind for fault in faults}
    assert FaultKind.OUTAGE not in {fault.kind for fault in faults}


def test_faults_are_spread_over_the_time_asked_for() -> None:
    total = sum(fault.gap for fault in plan(3, 400, 40))
    assert 25 * 60 < total < 45 * 60


def test_no_fault_outlasts_the_deadlines() -> None:
    assert max(fault.seconds for fault in plan(3, 1000, 60)) <= 60


def test_only_services_of_ours_die_at_a_line() -> None:
    assert {fault.service for fault in plan(3, 500, 60) if fault.kind is FaultKind.LINE} == set(BY_LINE)
