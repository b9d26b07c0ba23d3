"""Bounded memory without a standstill: what is read next, and what is decided without waiting."""

from pathlib import Path

import pytest

from orchestrator.flow import OPEN, Flow, Limits, flow
from orchestrator.pending import Decided, Marks, Partition
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE
from tests.unit.build import contents, text, verdict

LIMITS = Limits(requests=4, bytes=1000, early_bytes=100)
START = Marks({LANE_INTERACTIVE: 0, LANE_BULK: 0}, 0, 0, {LANE_INTERACTIVE: 0, LANE_BULK: 0})


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(Path(__file__).parents[2] / "policies" / "default.yaml")


@pytest.fixture
def partition(policy: Policy) -> Partition:
    return Partition(policy, START, remember=1000)


def fill(partition: Partition, count: int, size: int = 1, lane: int = LANE_INTERACTIVE) -> None:
    begin = partition.next_contents(lane)
    for at in range(begin, begin + count):
        partition.on_contents(lane, at, 1010, contents(text(), request_id=f"{lane}-{at}"), size)


def early(partition: Partition, offset: int, size: int) -> None:
    seen = verdict("text", contents_offset=offset, request_id=f"{LANE_INTERACTIVE}-{offset}")
    partition.on_verdict(partition.next_verdict, 1020, seen, size)


def test_an_empty_partition_reads_everything(partition: Partition) -> None:
    assert flow(partition, LIMITS, verdicts_at_end=False, before=OPEN) == OPEN


def test_bulk_stops_at_half_of_the_room(partition: Partition) -> None:
    fill(partition, 2)
    assert flow(partition, LIMITS, verdicts_at_end=True, before=OPEN).lanes == {LANE_INTERACTIVE}


def test_a_full_partition_reads_verdicts_only(partition: Partition) -> None:
    fill(partition, 4)
    assert flow(partition, LIMITS, verdicts_at_end=False, before=OPEN) == Flow(frozenset(), verdicts=True)


def test_bytes_fill_it_as_well(partition: Partition) -> None:
    fill(partition, 1, size=1000)
    assert flow(partition, LIMITS, verdicts_at_end=False, before=OPEN).lanes == frozenset()


def test_what_has_stopped_goes_on_at_half(partition: Partition) -> None:
    fill(partition, 3)
    stopped = Flow(frozenset())
    assert flow(partition, LIMITS, verdicts_at_end=False, before=stopped).lanes == frozenset()
    assert flow(partition, LIMITS, verdicts_at_end=False, before=OPEN).lanes == {LANE_INTERACTIVE}
    for at in (0, 1):
        seen = verdict("text", contents_offset=at, request_id=f"{LANE_INTERACTIVE}-{at}")
        partition.on_verdict(at, 1020, seen)
    assert LANE_INTERACTIVE in flow(partition, LIMITS, verdicts_at_end=False, before=stopped).lanes


def test_early_verdicts_have_a_bound_of_their_own(partition: Partition) -> None:
    early(partition, 7, 100)
    found = flow(partition, LIMITS, verdicts_at_end=False, before=OPEN)
    assert not found.verdicts
    assert found.lanes == {LANE_INTERACTIVE, LANE_BULK}


def test_requests_that_wait_although_every_verdict_was_read_are_too_many(partition: Partition) -> None:
    fill(partition, 4)
    found = flow(partition, LIMITS, verdicts_at_end=True, before=OPEN)
    assert found.shed
    assert found.lanes == {LANE_INTERACTIVE}


def test_full_of_both_is_no_standstill(partition: Partition) -> None:
    fill(partition, 4)
    early(partition, 9, 100)
    found = flow(partition, LIMITS, verdicts_at_end=False, before=OPEN)
    assert (found.shed, found.verdicts) == (True, False)
    assert found.lanes == {LANE_INTERACTIVE, LANE_BULK}


def test_the_room_is_shared_out() -> None:
    assert LIMITS.share(4) == Limits(1, 250, 25)
    assert LIMITS.share(0) == LIMITS
    assert LIMITS.share(10_000) == Limits(1, 1, 1)


def test_without_room_a_request_is_decided_as_incomplete(partition: Partition) -> None:
    (effect,) = partition.on_contents(LANE_INTERACTIVE, 0, 1010, contents(text()), shed=True)
    assert isinstance(effect, Decided)
    decision = effect.outputs.decision
    assert (decision.action, decision.complete) == (ACTION_BLOCK, False)
    assert "overloaded" in {reason.rule for reason in decision.reasons}
    assert partition.undecided() == 0


def test_without_room_a_request_whose_verdicts_are_there_is_decided_by_them(partition: Partition) -> None:
    partition.on_verdict(0, 1005, verdict("text"), 10)
    (effect,) = partition.on_contents(LANE_INTERACTIVE, 0, 1010, contents(text()), shed=True)
    assert isinstance(effect, Decided)
    assert (effect.outputs.decision.action, effect.outputs.decision.complete) == (ACTION_ALLOW, True)


def test_what_is_decided_gives_its_room_back(partition: Partition) -> None:
    fill(partition, 1, size=500)
    early(partition, 1, 40)
    assert (partition.waiting_bytes, partition.early_bytes) == (500, 40)
    partition.on_verdict(5, 1020, verdict("text", contents_offset=0, request_id=f"{LANE_INTERACTIVE}-0"))
    fill(partition, 1, size=300)
    assert (partition.waiting_bytes, partition.early_bytes) == (0, 0)


def test_memory_follows_the_requests_in_hand_not_the_traffic(partition: Partition) -> None:
    """One request waits; everything behind it is decided long before its deadline."""
    partition.on_contents(LANE_INTERACTIVE, 0, 1010, contents(text(), request_id="slow", deadline_at_ms=10**12))
    for at in range(1, 30_001):
        asked = contents(text(), request_id=f"quick-{at}", deadline_at_ms=10**12)
        partition.on_contents(LANE_INTERACTIVE, at, 1010, asked, 100)
        partition.on_verdict(at, 1020, verdict("text", contents_offset=at, request_id=f"quick-{at}"))
        if at % 500 == 0:
            assert partition.marks().contents[LANE_INTERACTIVE] == 0
    assert partition.undecided() == 1
    assert partition.queued() < 15_000
