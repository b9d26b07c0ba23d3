"""A new policy while requests are in hand: one switch per partition, and nothing is decided by what is gone."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

import pytest

from orchestrator.asked import Asked
from orchestrator.decide import decide
from orchestrator.pending import Decided, Effect, Marks, Partition
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Decision
from sluice.v1.request_pb2 import LANE_INTERACTIVE
from sluice.v1.verdict_pb2 import Verdict
from tests.unit.build import OTHER_ID, REQUEST_ID, contents, result, text, verdict
from tests.unit.crashes import LANES, Logs, Make, Worker, history

DEFAULT = (Path(__file__).parents[2] / "policies" / "default.yaml").read_text()
FRESH = Marks(dict.fromkeys(LANES, 0), 0, 0, dict.fromkeys(LANES, 0))
LANE = LANE_INTERACTIVE
TEXTS = "PROMPT: [text]"
RULE = """  - {id: KIND, action: BLOCK, when: 'score("illicit") >= AT'}"""


def made(kind: str, at: float, checks: str = TEXTS) -> Policy:
    """The default policy with a threshold of its own, and other checks for prompts."""
    rule = RULE.replace("KIND", kind).replace("AT", str(at))
    written = DEFAULT.replace(TEXTS, checks).replace("\nrules:\n", f"\nrules:\n{rule}\n")
    return load(Path(f"{kind}.yaml"), written.encode())


LAX = made("lax", 0.995)
STRICT = made("strict", 0.005)
THOROUGH = made("thorough", 0.5, "PROMPT: [text, person]")
POLICIES: Mapping[bytes, Policy] = {policy.digest: policy for policy in (LAX, STRICT, THOROUGH)}


def decisions(effects: Iterable[Effect]) -> list[Decision]:
    return [effect.outputs.decision for effect in effects if isinstance(effect, Decided)]


def test_what_comes_after_the_switch_is_decided_by_the_new_policy() -> None:
    partition = Partition(LAX, FRESH, remember=1000)
    assert partition.adopt(STRICT) == ()
    assert partition.policy is STRICT
    partition.on_contents(LANE, 0, 1010, contents(text()))
    (decision,) = decisions(partition.on_verdict(0, 1020, verdict("text", result(scores={"illicit": 0.01}))))
    assert (decision.action, decision.policy_digest) == (ACTION_BLOCK, STRICT.digest)


def test_what_is_in_hand_is_decided_by_the_new_policy_too() -> None:
    partition = Partition(STRICT, FRESH, remember=1000)
    partition.on_contents(LANE, 0, 1010, contents(text()))
    assert partition.adopt(LAX) == ()
    (decision,) = decisions(partition.on_verdict(0, 1020, verdict("text", result(scores={"illicit": 0.01}))))
    assert (decision.action, decision.policy_digest) == (ACTION_ALLOW, LAX.digest)


def test_what_waits_for_nothing_any_more_is_decided_at_the_switch() -> None:
    partition = Partition(THOROUGH, FRESH, remember=1000)
    partition.on_contents(LANE, 0, 1010, contents(text()), size=70)
    partition.on_contents(LANE, 1, 1010, contents(text(), request_id=OTHER_ID), size=70)
    assert partition.on_verdict(0, 1020, verdict("text", result(scores={"illicit": 0.01}))) == ()
    (decision,) = decisions(partition.adopt(LAX))
    assert (decision.request_id, decision.action, decision.complete) == (REQUEST_ID, ACTION_ALLOW, True)
    assert (decision.policy_digest, decision.inputs[0].verdict_offset) == (LAX.digest, 0)
    assert (partition.undecided(), partition.waiting_bytes) == (1, 70)
    assert partition.expire(2001) != []
    assert partition.undecided() == 0


def test_an_answer_that_the_old_policy_did_not_ask_for_counts() -> None:
    partition = Partition(LAX, FRESH, remember=1000)
    partition.on_contents(LANE, 0, 1010, contents(text()))
    assert partition.on_verdict(0, 1020, verdict("person")) == ()
    assert partition.adopt(THOROUGH) == ()
    (decision,) = decisions(partition.on_verdict(1, 1021, verdict("text", result(scores={"illicit": 0.01}))))
    assert (decision.action, decision.complete, decision.policy_digest) == (ACTION_ALLOW, True, THOROUGH.digest)


def test_a_check_that_the_new_policy_asks_for_is_waited_for_until_the_deadline_of_the_record() -> None:
    partition = Partition(LAX, FRESH, remember=1000)
    partition.on_contents(LANE, 0, 1010, contents(text()))
    partition.adopt(THOROUGH)
    assert partition.on_verdict(0, 1020, verdict("text")) == ()
    assert partition.next_deadline() == 2000
    (decision,) = decisions(partition.expire(2001))
    assert (decision.action, decision.complete, decision.policy_digest) == (ACTION_BLOCK, False, THOROUGH.digest)


def test_marks_follow_what_was_decided_at_the_switch() -> None:
    partition = Partition(THOROUGH, FRESH, remember=1000)
    partition.on_contents(LANE, 0, 1010, contents(text()))
    partition.on_verdict(0, 1020, verdict("text"))
    assert partition.marks().contents[LANE] == 0
    partition.adopt(LAX)
    marks = partition.marks()
    assert (marks.contents[LANE], marks.verdicts) == (1, 1)


class Switching(Worker):
    """A worker whose policy changes while it works, and who keeps the decisions that it committed."""

    def __init__(self, logs: Logs, policy: Policy, make: Make = Partition) -> None:
        self.committed: list[Decision] = []
        super().__init__(logs, policy, make)

    def adopt(self, policy: Policy) -> None:
        """As the loop does between two turns; a successor begins with the newest."""
        self._policy = policy
        self._effects += self.partition.adopt(policy)

    def commit(self) -> None:
        """What was published is in the log."""
        self.committed += decisions(self._effects)
        super().commit()


def lived(seed: int, make: Make = Partition, deaths: float = 0.0) -> tuple[Switching, Logs, list[bytes]]:
    """A life with switches at any moment. The policies' digests as they came, one after another."""
    dice = random.Random(seed)
    logs = history(dice, requests=40)
    worker = Switching(logs, LAX, make)
    order = [LAX]
    for _ in range(500):
        step = dice.random()
        if step < 0.06:
            order.append(dice.choice([policy for policy in POLICIES.values() if policy is not order[-1]]))
            worker.adopt(order[-1])
        elif step < 0.4:
            worker.read_contents(dice.choice(LANES))
        elif step < 0.8:
            worker.read_verdict()
        elif step < 0.9:
            worker.expire()
        elif step < 0.9 + deaths:
            worker.crash()
        else:
            worker.commit()
        undecidable(worker.partition)
    worker.finish()
    return worker, logs, [policy.digest for policy in order]


def undecidable(partition: Partition) -> None:
    """Nothing waits that the policy in use could decide."""
    for entry in partition._pending.values():
        verdicts = {check: seen.verdict for check, seen in entry.seen.items()}
        assert decide(entry.asked.message, verdicts, partition.policy, late=False) is None


def records(logs: Logs) -> tuple[Mapping[tuple[str, int], Contents], list[Verdict]]:
    """Contents by request id and offset, verdicts by offset."""
    found = {(one.request_id, at): one for lane in LANES for at, (_, one) in enumerate(logs.contents[lane])}
    return found, [one for _, one in logs.verdicts]


def is_subsequence(found: list[bytes], of: list[bytes]) -> bool:
    rest = iter(of)
    return all(digest in rest for digest in found)


@pytest.mark.parametrize("seed", range(150))
def test_decisions_lie_in_the_order_of_the_switches_and_follow_from_their_policies(seed: int) -> None:
    worker, logs, order = lived(seed, deaths=0.03 if seed % 2 else 0.0)
    contents_of, verdicts = records(logs)
    runs = [digest for digest, _ in groupby(decision.policy_digest for decision in worker.committed)]
    assert is_subsequence(runs, order)
    counted = Counter(decision.request_id for decision in worker.committed)
    assert set(counted) == {one.request_id for one in contents_of.values()}
    assert set(counted.values()) == {1}
    for decision in worker.committed:
        asked = contents_of[decision.request_id, decision.contents_offset]
        seen = {found.check: verdicts[found.verdict_offset] for found in decision.inputs}
        policy, breakers = POLICIES[decision.policy_digest], decision.open_breakers
        again = decide(asked, seen, policy, late=True, open_breakers=breakers)
        assert again is not None
        assert (decision.action, decision.complete) == (again.action.value, again.complete)
        assert [reason.rule for reason in decision.reasons] == [reason.rule for reason in again.reasons]


class LeavesWhatIsInHand(Partition):
    """The switch without the requests in hand."""

    def adopt(self, policy: Policy) -> tuple[Effect, ...]:
        """They are asked by the old policy still."""
        self._policy = policy
        self._nothing = Asked.of(Contents(), policy)
        return ()


def test_requests_in_hand_that_are_not_asked_anew_are_noticed() -> None:
    with pytest.raises(AssertionError):
        [lived(seed, LeavesWhatIsInHand) for seed in range(20)]
