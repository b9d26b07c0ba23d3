"""The join: which verdict counts for which copy of which request, and what a successor must read again."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from orchestrator.pending import Conflict, Decided, Effect, Marks, Partition
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE
from tests.unit.build import OTHER_ID, REQUEST_ID, contents, image, result, text, verdict

FRESH = Marks({LANE_INTERACTIVE: 0, LANE_BULK: 0}, 0, 0, {LANE_INTERACTIVE: 0, LANE_BULK: 0})
LANE = LANE_INTERACTIVE


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(Path(__file__).parents[2] / "policies" / "default.yaml")


@pytest.fixture
def partition(policy: Policy) -> Partition:
    return Partition(policy, FRESH, remember=1000)


def actions(effects: Iterable[Effect]) -> list[int]:
    return [effect.outputs.decision.action for effect in effects if isinstance(effect, Decided)]


def test_contents_then_verdict(partition: Partition) -> None:
    assert actions(partition.on_contents(LANE, 0, 1010, contents(text()))) == []
    assert actions(partition.on_verdict(0, 1020, verdict("text"))) == [ACTION_ALLOW]
    assert partition.undecided() == 0


def test_verdict_before_its_contents(partition: Partition) -> None:
    assert actions(partition.on_verdict(0, 1005, verdict("text"))) == []
    assert actions(partition.on_contents(LANE, 0, 1010, contents(text()))) == [ACTION_ALLOW]


def test_the_first_verdict_of_a_check_counts(partition: Partition) -> None:
    asked = contents(text(), image("c1"))
    list(partition.on_contents(LANE, 0, 1010, asked))
    list(partition.on_verdict(0, 1020, verdict("text", result(scores={"illicit": 0.99}))))
    list(partition.on_verdict(1, 1021, verdict("text", result(scores={"illicit": 0.0}))))
    list(partition.on_verdict(2, 1022, verdict("image", result("c1"))))
    list(partition.on_verdict(3, 1023, verdict("person", result("c1"))))
    list(partition.on_verdict(4, 1024, verdict("image_text", result("c1"))))
    assert actions(partition.on_verdict(5, 1025, verdict("hash", result("c1")))) == [ACTION_BLOCK]


def test_a_verdict_appended_after_the_deadline_does_not_count(partition: Partition) -> None:
    list(partition.on_contents(LANE, 0, 1010, contents(text(), deadline_at_ms=2000)))
    assert actions(partition.on_verdict(0, 2001, verdict("text"))) == []
    assert actions(partition.expire(2001)) == [ACTION_BLOCK]


def test_a_deadline_passes_only_when_everything_before_it_was_read(partition: Partition) -> None:
    list(partition.on_contents(LANE, 0, 1010, contents(text(), deadline_at_ms=2000)))
    assert actions(partition.expire(2000)) == []
    assert actions(partition.on_verdict(0, 2000, verdict("text"))) == [ACTION_ALLOW]
    assert actions(partition.expire(9999)) == []


def test_the_same_request_again_is_dropped_and_other_content_is_a_conflict(partition: Partition) -> None:
    list(partition.on_contents(LANE, 0, 1010, contents(text())))
    assert list(partition.on_contents(LANE, 1, 1011, contents(text()))) == []
    other = contents(text(), digest=b"x" * 32)
    assert list(partition.on_contents(LANE, 2, 1012, other)) == [Conflict(REQUEST_ID, LANE, 2)]
    assert actions(partition.on_verdict(0, 1020, verdict("text"))) == [ACTION_ALLOW]
    assert list(partition.on_contents(LANE, 3, 1030, contents(text()))) == []
    assert list(partition.on_contents(LANE, 4, 1031, other)) == [Conflict(REQUEST_ID, LANE, 4)]


def test_a_verdict_counts_only_for_the_copy_that_it_judged(partition: Partition) -> None:
    list(partition.on_contents(LANE, 0, 1010, contents(text())))
    list(partition.on_contents(LANE, 1, 1011, contents(text())))
    assert actions(partition.on_verdict(0, 1020, verdict("text", contents_offset=1))) == []
    assert actions(partition.on_verdict(1, 1021, verdict("text", lane=LANE_BULK))) == []
    assert actions(partition.on_verdict(2, 1022, verdict("text", contents_offset=0))) == [ACTION_ALLOW]


def test_lanes_have_offsets_of_their_own(partition: Partition) -> None:
    bulk = contents(text(), request_id=OTHER_ID)
    list(partition.on_contents(LANE, 0, 1010, contents(text())))
    list(partition.on_contents(LANE_BULK, 0, 1011, bulk))
    late = verdict("text", request_id=OTHER_ID, lane=LANE_BULK)
    assert actions(partition.on_verdict(0, 1020, late)) == [ACTION_ALLOW]
    assert partition.marks().contents == {LANE: 0, LANE_BULK: 1}


def test_marks_hold_at_the_oldest_undecided(partition: Partition) -> None:
    list(partition.on_contents(LANE, 5, 1010, contents(text())))
    list(partition.on_contents(LANE, 6, 1011, contents(text(), request_id=OTHER_ID)))
    list(partition.on_verdict(9, 1020, verdict("text", contents_offset=6, request_id=OTHER_ID)))
    marks = partition.marks()
    assert (marks.contents[LANE], marks.next_contents[LANE], marks.verdicts) == (5, 7, 10)


def test_marks_keep_an_early_verdict_although_a_later_one_was_counted_first(partition: Partition) -> None:
    asked = contents(text(), image("c1"))
    list(partition.on_verdict(3, 1000, verdict("text", contents_offset=1)))
    list(partition.on_contents(LANE, 0, 1001, contents(text(), image("c1"), request_id=OTHER_ID)))
    list(partition.on_verdict(4, 1002, verdict("text", contents_offset=0, request_id=OTHER_ID)))
    list(partition.on_contents(LANE, 1, 1003, asked))
    assert partition.marks().verdicts == 3


def test_a_successor_reads_again_from_the_marks_and_decides_nothing_twice(
    policy: Policy, partition: Partition
) -> None:
    first, second = contents(text()), contents(text(), image("c1"), request_id=OTHER_ID)
    list(partition.on_contents(LANE, 0, 1010, second))
    list(partition.on_contents(LANE, 1, 1011, first))
    list(partition.on_verdict(0, 1012, verdict("text", contents_offset=0, request_id=OTHER_ID)))
    assert actions(partition.on_verdict(1, 1013, verdict("text", contents_offset=1))) == [ACTION_ALLOW]
    marks = partition.marks()
    assert (marks.contents[LANE], marks.verdicts) == (0, 0)

    successor = Partition(policy, marks, remember=1000)
    successor.remember(REQUEST_ID, b"d" * 32)
    assert actions(successor.on_contents(LANE, 0, 1010, second)) == []
    assert actions(successor.on_contents(LANE, 1, 1011, first)) == []
    assert actions(successor.on_verdict(0, 1012, verdict("text", contents_offset=0, request_id=OTHER_ID))) == []
    assert actions(successor.on_verdict(1, 1013, verdict("text", contents_offset=1))) == []
    assert successor.undecided() == 1
    assert actions(successor.expire(5000)) == [ACTION_BLOCK]


def test_the_read_position_in_the_metadata_never_falls_back(policy: Policy) -> None:
    """A crash during a replay must not forget how far the predecessor had read."""
    start = Marks({LANE: 3, LANE_BULK: 0}, 0, 40, {LANE: 9, LANE_BULK: 0})
    partition = Partition(policy, start, remember=1000)
    partition.decisions_end = 90
    list(partition.on_contents(LANE, 3, 1010, contents(text())))
    marks = partition.marks()
    assert marks.next_contents[LANE] == 9
    assert marks.decisions == 40


def test_a_decision_goes_on_with_the_requests_trace_also_when_time_ran_out(partition: Partition) -> None:
    trace = (("traceparent", b"00-1-1-01"),)
    list(partition.on_contents(LANE, 0, 1010, contents(text()), trace=trace))
    (effect,) = partition.expire(5000)
    assert isinstance(effect, Decided)
    assert effect.entry.trace == trace


def test_memory_of_decided_ids_is_bounded(policy: Policy) -> None:
    partition = Partition(policy, FRESH, remember=2)
    for at in range(5):
        partition.remember(f"id-{at}", b"")
    list(partition.on_contents(LANE, 0, 1010, contents(text(), request_id="id-4", digest=b"")))
    assert partition.undecided() == 0
    list(partition.on_contents(LANE, 1, 1011, contents(text(), request_id="id-0", digest=b"")))
    assert partition.undecided() == 1


def test_a_verdict_of_another_request_at_the_same_offset_does_not_count(partition: Partition) -> None:
    list(partition.on_contents(LANE, 0, 1010, contents(text())))
    assert actions(partition.on_verdict(0, 1020, verdict("text", request_id=OTHER_ID))) == []
    assert actions(partition.on_verdict(1, 1021, verdict("text"))) == [ACTION_ALLOW]


def test_marks_in_mid_replay_keep_the_position_that_was_recovered(policy: Policy) -> None:
    start = Marks({LANE: 0, LANE_BULK: 0}, 0, 7, {LANE: 100, LANE_BULK: 0})
    partition = Partition(policy, start, remember=1000)
    partition.decisions_end = 5000
    assert partition.marks().decisions == 7


def test_verdicts_of_records_that_never_came_do_not_hold_the_mark(partition: Partition) -> None:
    list(partition.on_verdict(3, 1000, verdict("text", contents_offset=5)))
    assert partition.marks().verdicts == 3
    list(partition.on_contents(LANE, 900, 2000, contents(text())))
    assert partition.marks().verdicts == 4


def test_what_nobody_can_read_is_passed_over_for_good(partition: Partition) -> None:
    partition.skip_contents(LANE, 4)
    partition.skip_verdict(9)
    marks = partition.marks()
    assert (marks.contents[LANE], marks.verdicts) == (5, 10)


def test_what_was_told_before_a_replay_is_not_told_again(policy: Policy) -> None:
    """Dead letters of conflicts and unreadable records went out with the marks that lie behind them."""
    start = Marks({LANE: 0, LANE_BULK: 0}, 2, 0, {LANE: 3, LANE_BULK: 0}, 9)
    partition = Partition(policy, start, remember=1000)
    other = contents(text(), digest=b"x" * 32)
    assert list(partition.on_contents(LANE, 0, 1010, contents(text()))) == []
    assert list(partition.on_contents(LANE, 1, 1011, other)) == []
    assert not partition.skip_contents(LANE, 2)
    assert list(partition.on_contents(LANE, 3, 1012, other)) == [Conflict(REQUEST_ID, LANE, 3)]
    assert partition.skip_contents(LANE, 4)
    assert not partition.skip_verdict(8)
    assert partition.skip_verdict(9)


def test_how_far_verdicts_were_read_never_falls_back(policy: Policy) -> None:
    partition = Partition(policy, Marks({LANE: 0, LANE_BULK: 0}, 2, 0, {LANE: 0, LANE_BULK: 0}, 9), remember=10)
    list(partition.on_verdict(2, 1000, verdict("text")))
    assert (partition.marks().verdicts, partition.marks().next_verdicts) == (2, 9)
