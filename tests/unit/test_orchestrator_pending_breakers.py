"""A partition counts what it decides, decides with what is open, and records it."""

import dataclasses
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from orchestrator.breaker import Turned
from orchestrator.pending import Decided, Effect, Marks, Partition
from sluice.policy.load import load
from sluice.policy.model import BreakerPolicy, Policy
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, ACTION_REVIEW, Decision
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE
from tests.unit.build import contents, result, text, verdict

FRESH = Marks({LANE_INTERACTIVE: 0, LANE_BULK: 0}, 0, 0, {LANE_INTERACTIVE: 0, LANE_BULK: 0})
LANE = LANE_INTERACTIVE
START = 1_800_000_000_000
STEP = 1000
BREAKER = BreakerPolicy(times=5.0, least=10, window_ms=60_000, usual_ms=3_600_000, hold_ms=300_000)
FINE: dict[str, float] = {}
BAD = {"illicit": 0.99}
MINORS = {"sexual/minors": 0.99}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return dataclasses.replace(load(Path(__file__).parents[2] / "policies" / "default.yaml"), breaker=BREAKER)


class Asking:
    """One request a second, each with its verdict."""

    def __init__(self, partition: Partition, offset: int = 0) -> None:
        self.partition = partition
        self.offset = offset

    def one(self, scores: dict[str, float], tenant: str = "acme") -> Iterable[Effect]:
        """What comes of a request with these scores."""
        at = START + self.offset * STEP
        request_id = str(uuid.UUID(int=self.offset + 1, version=4))
        asked = contents(text(), request_id=request_id, deadline_at_ms=at + 60_000)
        asked.subject.tenant = tenant
        self.partition.on_contents(LANE, self.offset, at, asked)
        given = verdict("text", result(scores=scores), contents_offset=self.offset, request_id=request_id)
        self.offset += 1
        return self.partition.on_verdict(self.offset, at + 10, given)

    def decided(self, count: int, scores: dict[str, float], tenant: str = "acme") -> Iterator[Decision]:
        """So many decisions."""
        for _ in range(count):
            for effect in self.one(scores, tenant):
                if isinstance(effect, Decided):
                    yield effect.outputs.decision


def surge(partition: Partition) -> tuple[Asking, list[Decision]]:
    """Ten quiet minutes, and then twenty BLOCKs."""
    asking = Asking(partition)
    return asking, [*asking.decided(600, FINE), *asking.decided(20, BAD)]


def test_beyond_the_usual_a_block_becomes_a_review_and_the_decision_says_so(policy: Policy) -> None:
    _, made = surge(Partition(policy, FRESH, remember=1000))
    assert [one.action for one in made] == [ACTION_ALLOW] * 600 + [ACTION_BLOCK] * 10 + [ACTION_REVIEW] * 10
    assert {tuple(one.open_breakers) for one in made[:610]} == {()}
    assert {tuple(one.open_breakers) for one in made[610:]} == {("rule:illicit", "tenant:acme")}


def test_what_is_open_is_recorded_on_decisions_that_it_does_not_change_too(policy: Policy) -> None:
    asking, _ = surge(Partition(policy, FRESH, remember=1000))
    (fine,) = asking.decided(1, FINE, tenant="other")
    assert (fine.action, tuple(fine.open_breakers)) == (ACTION_ALLOW, ("rule:illicit",))


def test_child_safety_blocks_through_any_number_of_them(policy: Policy) -> None:
    asking, _ = surge(Partition(policy, FRESH, remember=1000))
    assert {one.action for one in asking.decided(200, MINORS)} == {ACTION_BLOCK}
    assert asking.partition.open_breakers() == 2


def test_a_policy_without_a_breaker_blocks_on(policy: Policy) -> None:
    plain = dataclasses.replace(policy, breaker=None)
    _, made = surge(Partition(plain, FRESH, remember=1000))
    assert {one.action for one in made[600:]} == {ACTION_BLOCK}
    assert not any(one.open_breakers for one in made)


def test_whoever_watches_is_told_once(policy: Policy) -> None:
    asking = Asking(Partition(policy, FRESH, remember=1000))
    told: list[Turned] = []
    for at in range(650):
        told += [one for one in asking.one(BAD if at >= 600 else FINE) if isinstance(one, Turned)]
    assert [(one.kind, one.rule, one.opened) for one in told] == [("rule", "illicit", True), ("tenant", "", True)]
    assert asking.partition.open_breakers() == 2


def test_a_successor_has_the_breakers_of_its_predecessor(policy: Policy) -> None:
    asking, made = surge(Partition(policy, FRESH, remember=1000))
    successor = Partition(policy, FRESH, remember=1000)
    for decision in made:
        successor.recall(decision)
    assert successor.open_breakers() == 2
    after = Asking(successor, asking.offset)
    effects = [*after.one(BAD)]
    assert not any(isinstance(one, Turned) for one in effects)
    (decision,) = [one.outputs.decision for one in effects if isinstance(one, Decided)]
    (expected,) = asking.decided(1, BAD)
    assert decision == expected
    assert decision.action == ACTION_REVIEW


def test_what_is_recalled_is_decided(policy: Policy) -> None:
    partition = Partition(policy, FRESH, remember=1000)
    first = str(uuid.UUID(int=1, version=4))
    partition.recall(Decision(request_id=first, content_digest=b"d" * 32))
    assert partition.on_contents(LANE, 0, START, contents(text(), request_id=first)) == ()
    assert partition.undecided() == 0


def test_a_policy_that_is_taken_over_takes_its_breakers_along(policy: Policy) -> None:
    asking, _ = surge(Partition(policy, FRESH, remember=1000))
    asking.partition.adopt(dataclasses.replace(policy, version="next"))
    assert [one.action for one in asking.decided(1, BAD)] == [ACTION_REVIEW]
    asking.partition.adopt(dataclasses.replace(policy, breaker=None))
    assert asking.partition.open_breakers() == 0
    assert [one.action for one in asking.decided(1, BAD)] == [ACTION_BLOCK]


def test_a_new_policy_that_blocks_far_more_is_caught(policy: Policy) -> None:
    """What a breaker is for: a threshold with a slip in it."""
    asking = Asking(Partition(policy, FRESH, remember=1000))
    harmless = {"illicit": 0.1}
    assert {one.action for one in asking.decided(600, harmless)} == {ACTION_ALLOW}
    slip = {**policy.thresholds, "default": {**policy.thresholds["default"], "illicit": 0.05}}
    asking.partition.adopt(dataclasses.replace(policy, thresholds=slip))
    actions = [one.action for one in asking.decided(100, harmless)]
    assert actions.count(ACTION_BLOCK) == 10
    assert set(actions[10:]) == {ACTION_REVIEW}
