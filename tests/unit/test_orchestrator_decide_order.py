"""Whose answer came first decides nothing, and what a check says twice counts as the worse of the two."""

from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.decide import Outcome, decide
from sluice.policy.load import load
from sluice.policy.model import Policy, Severity
from sluice.v1.contents_pb2 import Contents
from sluice.v1.verdict_pb2 import STATUS_ERROR, STATUS_OK, STATUS_UNPROCESSABLE, ContentResult, Status, Verdict
from tests.unit.build import contents, text
from tests.unit.test_orchestrator_decide_plans import HARSH, POLICY, cases, untimed

NAN = float("nan")
DEFAULT = load(Path(__file__).parents[2] / "policies" / "default.yaml")


def told(outcome: Outcome | None) -> object:
    assert outcome is not None
    return outcome.action, outcome.complete, [repr(reason) for reason in outcome.reasons], outcome.labels


@pytest.mark.parametrize("policy", [POLICY, HARSH], ids=["default", "harsh"])
@untimed
@given(case=cases, order=st.randoms(use_true_random=False))
def test_the_order_of_answers_decides_nothing(
    policy: Policy, case: tuple[Contents, dict[str, Verdict]], order: Random
) -> None:
    asked, verdicts = case
    names = list(verdicts)
    order.shuffle(names)
    other = {name: verdicts[name] for name in names}
    assert told(decide(asked, other, policy, late=True)) == told(decide(asked, verdicts, policy, late=True))


@pytest.mark.parametrize("policy", [POLICY, HARSH], ids=["default", "harsh"])
@untimed
@given(case=cases)
def test_nothing_is_allowed_that_a_required_check_did_not_answer(
    policy: Policy, case: tuple[Contents, dict[str, Verdict]]
) -> None:
    asked, verdicts = case
    outcome = decide(asked, verdicts, policy, late=True)
    assert outcome is not None
    if outcome.action is Severity.ALLOW:
        assert asked.contents
        for content in asked.contents:
            required = policy.stages[asked.stage].checks[content.role]
            assert required
            for check in required:
                said = [one for one in verdicts[check].results if one.content_id == content.id]
                assert said
                assert all(one.status == STATUS_OK for one in said)
                assert all(0.0 <= score <= 1.0 for one in said for score in one.scores.values())


def seen(*answers: tuple[Status.ValueType, float]) -> Mapping[str, Verdict]:
    """What the text check says of c0, and says again."""
    results = [ContentResult(content_id="c0", status=status, scores={"hate": score}) for status, score in answers]
    return {"text": Verdict(check="text", results=results)}


@pytest.mark.parametrize(
    "worse", [(STATUS_ERROR, 0.0), (STATUS_UNPROCESSABLE, 0.0), (STATUS_OK, NAN), (STATUS_OK, 2.0)]
)
def test_of_two_answers_about_a_content_the_worse_counts(worse: tuple[Status.ValueType, float]) -> None:
    good = STATUS_OK, 0.0
    for answers in ((good, worse), (worse, good)):
        outcome = decide(contents(text()), seen(*answers), DEFAULT, late=False)
        assert outcome is not None
        assert outcome.action is Severity.BLOCK
        assert not outcome.complete
    outcome = decide(contents(text()), seen(good, good), DEFAULT, late=False)
    assert outcome is not None
    assert outcome.action is Severity.ALLOW


@pytest.mark.parametrize("first", ["a-check", "z-check"])
def test_a_score_that_is_none_hides_no_other(first: str) -> None:
    verdicts = {**seen((STATUS_OK, 0.9))}
    verdicts[first] = Verdict(
        check=first, results=[ContentResult(content_id="c0", status=STATUS_OK, scores={"hate": NAN})]
    )
    outcome = decide(contents(text()), verdicts, DEFAULT, late=False)
    assert outcome is not None
    assert outcome.action is Severity.BLOCK
    (reason,) = [reason for reason in outcome.reasons if reason.rule == "hate"]
    assert "rule failed" in reason.detail
