"""The commit protocol under any sequence of reads, commits and deaths: one decision each, and the right one."""

import random
from collections import Counter
from pathlib import Path

import pytest

from orchestrator.pending import Marks, Partition
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE
from tests.unit.build import contents, text, verdict
from tests.unit.crashes import LANES, Logs, Worker, decided, history, live

FIRST, SECOND, THIRD = "first", "second", "third"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(Path(__file__).parents[2] / "policies" / "default.yaml")


def first_copies(logs: Logs) -> set[str]:
    return {asked.request_id for lane in LANES for _, asked in logs.contents[lane]}


@pytest.mark.parametrize("seed", range(200))
def test_every_request_is_decided_once_and_every_conflict_told_once(policy: Policy, seed: int) -> None:
    dice = random.Random(seed)
    logs = history(dice, requests=40)
    live(Worker(logs, policy), dice, turns=600, deaths=0.05)
    counted = Counter(request_id for request_id, _, _ in decided(logs))
    assert set(counted) == first_copies(logs)
    assert set(counted.values()) == {1}
    assert max(Counter(logs.letters).values(), default=1) == 1


@pytest.mark.parametrize("seed", range(60))
def test_deaths_change_no_decision(policy: Policy, seed: int) -> None:
    """One lane, so that which copy comes first is in the log; then the decisions are a function of the logs."""
    logs = history(random.Random(seed), requests=30)
    logs.contents[LANE_BULK].clear()
    logs.verdicts = [found for found in logs.verdicts if found[1].lane == LANE_INTERACTIVE]
    calm = Logs(logs.contents, logs.verdicts)
    Worker(calm, policy).finish()
    live(Worker(logs, policy), random.Random(seed + 1), turns=500, deaths=0.06)
    assert {found[0]: found for found in decided(logs)} == {found[0]: found for found in decided(calm)}


class ForgetsHowFarItWas(Partition):
    """The rule that the metadata's read position never falls back, broken."""

    def marks(self) -> Marks:
        """As if the read position were all that there is to know."""
        found = super().marks()
        oldest = self.decisions_end
        for position in self._lanes.values():
            if position.open:
                oldest = min(oldest, position.open[0].decisions_position)
        reached = {lane: position.next for lane, position in self._lanes.items()}
        return Marks(found.contents, found.verdicts, oldest, reached, found.next_verdicts)


def dies_thrice(policy: Policy, make: type[Partition]) -> list[str]:
    """Three requests, of which the last is decided first. The worker dies; dies again after it has read the first
    anew; decides that one, and dies once more. What was decided in the end.
    """
    logs = Logs()
    for at, request_id in enumerate((FIRST, SECOND, THIRD)):
        asked = contents(text(), request_id=request_id, deadline_at_ms=9000)
        logs.contents[LANE_INTERACTIVE].append((1000 + at, asked))
    logs.verdicts.append((1010, verdict("text", contents_offset=2, request_id=THIRD)))
    worker = Worker(logs, policy, make, remember=0)
    for _ in range(3):
        worker.read_contents(LANE_INTERACTIVE)
    worker.read_verdict()
    worker.commit()
    worker.crash()
    worker.read_contents(LANE_INTERACTIVE)
    worker.commit()
    worker.crash()
    for _ in range(3):
        worker.read_contents(LANE_INTERACTIVE)
    worker.read_verdict()
    logs.verdicts.append((1020, verdict("text", contents_offset=0, request_id=FIRST)))
    worker.read_verdict()
    worker.commit()
    worker.crash()
    worker.finish()
    return [found[0] for found in decided(logs)]


def test_a_death_in_the_middle_of_a_replay(policy: Policy) -> None:
    assert dies_thrice(policy, Partition) == [THIRD, FIRST, SECOND]


def test_without_the_rule_that_death_would_decide_twice(policy: Policy) -> None:
    assert dies_thrice(policy, ForgetsHowFarItWas).count(THIRD) == 2
