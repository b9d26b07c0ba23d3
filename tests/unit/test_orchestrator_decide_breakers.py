"""What an open breaker changes of a decision, and what it never changes."""

import dataclasses
from collections.abc import Collection

import cel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.decide import Outcome, decide
from orchestrator.outputs import Seen, outputs
from sluice.policy.model import Policy, Rule, Severity
from sluice.policy.recorded import decided_again, recorded
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import ACTION_BLOCK, ACTION_REVIEW
from sluice.v1.verdict_pb2 import STATUS_ERROR, Verdict
from tests.unit.build import OTHER_ID, contents, result, text, verdict
from tests.unit.test_orchestrator_decide_plans import HARSH, POLICY, cases, told, untimed

BAD = {"text": verdict("text", result(scores={"illicit": 0.99}))}
MINORS = {"text": verdict("text", result(scores={"illicit": 0.99, "sexual/minors": 0.99}))}


def run(
    asked: Contents, verdicts: dict[str, Verdict], open_breakers: Collection[str], policy: Policy = POLICY
) -> Outcome:
    found = decide(asked, verdicts, policy, late=True, open_breakers=open_breakers)
    assert found is not None
    return found


def asked(tenant: str = "acme") -> Contents:
    made = contents(text())
    made.subject.tenant = tenant
    return made


@pytest.mark.parametrize("key", ["rule:illicit", "tenant:acme"])
def test_a_block_becomes_a_review_that_says_why(key: str) -> None:
    found = run(asked(), BAD, [key])
    (reason,) = found.reasons
    assert (found.action, found.complete) == (Severity.REVIEW, True)
    assert (reason.rule, reason.action, reason.breaker) == ("illicit", ACTION_REVIEW, key)
    assert reason.detail == f"breaker {key} is open: BLOCK became REVIEW"
    assert (reason.category, reason.score, reason.content_id) == ("illicit", 0.99, "c0")


@pytest.mark.parametrize("key", ["rule:hate", "tenant:other", "tenant:", "illicit", "acme"])
def test_a_breaker_of_another_changes_nothing(key: str) -> None:
    assert run(asked(), BAD, [key]) == run(asked(), BAD, ())


def test_what_is_about_child_safety_stays_a_block_beside_what_does_not() -> None:
    found = run(asked(), MINORS, ["rule:illicit", "rule:sexual-minors", "tenant:acme"])
    assert found.action is Severity.BLOCK
    actions = {reason.rule: reason.action for reason in found.reasons}
    assert (actions["illicit"], actions["sexual-minors"]) == (ACTION_REVIEW, ACTION_BLOCK)


@pytest.mark.parametrize("when", ["contents[7].kind == 'text'", "10 / size(uploads) > 100"])
def test_a_rule_that_fails_stays_a_block(when: str) -> None:
    broken = dataclasses.replace(POLICY, rules=(*POLICY.rules, Rule("odd", Severity.BLOCK, when, cel.compile(when))))
    found = run(asked(), BAD, ["rule:odd", "tenant:acme"], broken)
    assert found.action is Severity.BLOCK
    assert next(reason for reason in found.reasons if reason.rule == "odd").action == ACTION_BLOCK


def test_what_is_missing_stays_missing() -> None:
    failed = {"text": verdict("text", result(status=STATUS_ERROR))}
    found = run(asked(), failed, ["rule:incomplete", "tenant:acme"])
    assert (found.action, found.complete) == (Severity.BLOCK, False)


def test_a_release_satisfies_what_the_person_saw_and_nothing_else() -> None:
    released = asked()
    released.released_from = OTHER_ID
    assert run(released, BAD, ()).action is Severity.BLOCK
    # What the person did not see is for a person again.
    assert run(released, BAD, ["rule:illicit"]).action is Severity.REVIEW
    released.released_rules.append("illicit")
    assert run(released, BAD, ()).action is Severity.ALLOW
    assert run(released, BAD, ["rule:illicit"]).action is Severity.ALLOW
    assert run(released, {}, ()).action is Severity.BLOCK
    released.released_rules[:] = ["hate"]
    assert run(released, BAD, ()).action is Severity.BLOCK


def test_no_release_satisfies_a_rule_about_child_safety() -> None:
    released = asked()
    released.released_from = OTHER_ID
    released.released_rules.extend(["illicit", "sexual-minors"])
    found = run(released, MINORS, ["tenant:acme"])
    assert found.action is Severity.BLOCK
    assert "sexual-minors" in {reason.rule for reason in found.reasons}


def test_without_a_release_its_rules_mean_nothing() -> None:
    strange = asked()
    strange.released_rules.append("illicit")
    assert run(strange, BAD, ()).action is Severity.BLOCK


KEYS = [f"rule:{rule.id}" for rule in HARSH.rules] + ["tenant:acme", "tenant:"]
breakers = st.lists(st.sampled_from(KEYS), unique=True).map(sorted)
released = st.lists(st.sampled_from([rule.id for rule in HARSH.rules]), unique=True, max_size=5)
SAFETY = frozenset(rule.id for rule in HARSH.rules if rule.child_safety)


def of_acme(case: tuple[Contents, dict[str, Verdict]], rules: list[str]) -> tuple[Contents, dict[str, Verdict]]:
    found, verdicts = case
    found.subject.tenant = "acme"
    if found.released_from:
        found.released_rules.extend(rules)
    return found, verdicts


some = st.builds(of_acme, cases, released)


def test_there_are_rules_of_both_kinds() -> None:
    assert len(SAFETY) >= 5
    assert any(rule.action is Severity.BLOCK for rule in HARSH.rules if rule.id not in SAFETY)


@untimed
@given(some, breakers, st.booleans(), st.booleans())
def test_breakers_soften_to_review_and_never_what_is_about_child_safety(
    case: tuple[Contents, dict[str, Verdict]], keys: list[str], late: bool, overloaded: bool
) -> None:
    found, verdicts = case
    plain = decide(found, verdicts, HARSH, late, overloaded=overloaded)
    with_breakers = decide(found, verdicts, HARSH, late, overloaded=overloaded, open_breakers=keys)
    # Whether there is a decision yet does not depend on breakers.
    assert (plain is None) == (with_breakers is None)
    if plain is None or with_breakers is None:
        return
    assert (plain.complete, plain.labels, plain.reports) == (
        with_breakers.complete,
        with_breakers.labels,
        with_breakers.reports,
    )
    assert len(plain.reasons) == len(with_breakers.reasons)
    for before, after in zip(plain.reasons, with_breakers.reasons, strict=True):
        if after.breaker:
            assert (before.action, after.action) == (ACTION_BLOCK, ACTION_REVIEW)
            assert after.rule not in SAFETY
            assert after.detail.startswith(before.detail)
            assert after.breaker in keys
        else:
            assert told_one(before) == told_one(after)
    if plain.action is Severity.BLOCK:
        assert with_breakers.action in (Severity.BLOCK, Severity.REVIEW)
    else:
        assert with_breakers.action is plain.action


@untimed
@given(some, breakers)
def test_a_decision_with_its_recorded_breakers_is_the_same_again(
    case: tuple[Contents, dict[str, Verdict]], keys: list[str]
) -> None:
    found, verdicts = case
    outcome = decide(found, verdicts, HARSH, late=True, open_breakers=keys)
    assert outcome is not None
    if outcome.action is Severity.ALLOW:
        # Nothing was softened; and what is approved needs a picture, which not every case has.
        assert not any(reason.breaker for reason in outcome.reasons)
        return
    seen = {name: Seen(one, at, 1500) for at, (name, one) in enumerate(verdicts.items())}
    decision = outputs(found, 7, 1100, seen, outcome, HARSH, keys).decision
    decision.decided_at_ms = decision.deadline_at_ms
    assert list(decision.open_breakers) == keys
    again = decided_again(recorded(decision), HARSH, decide)
    assert isinstance(again, Outcome)
    assert told(again) == told(outcome)


def told_one(reason: object) -> str:
    """A reason in a form that can be compared: NaN is not equal to itself."""
    return repr(reason)
