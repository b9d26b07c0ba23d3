"""A decision in the words of the tables, and one number for its scores."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.judged import judged, risk
from sluice.check import Person
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, ACTION_REVIEW, Reason
from sluice.v1.verdict_pb2 import PERSON_ADULT, PERSON_AGE_UNKNOWN, STATUS_ERROR
from tests.unit.build import result


def test_the_highest_score_of_what_is_ok() -> None:
    results = [
        result(scores={"hate": 0.2, "violence": 0.9}),
        result("c1", scores={"hate": 0.4, "mood": 1.0}),
        result("c2", STATUS_ERROR, scores={"hate": 1.0}),
    ]
    assert judged(ACTION_ALLOW, True, [], results, "").scores == {"hate": 0.4, "violence": 0.9}


def test_rules_that_allow_are_not_told() -> None:
    reasons = [
        Reason(rule="label", action=ACTION_ALLOW),
        Reason(rule="hate", action=ACTION_BLOCK),
        Reason(rule="hate", action=ACTION_BLOCK),
        Reason(rule="incomplete", action=ACTION_REVIEW),
    ]
    found = judged(ACTION_BLOCK, False, reasons, [], "00")
    assert (found.action, found.rules, found.complete, found.policy) == ("BLOCK", ("hate", "incomplete"), False, "00")
    assert not found.allowed


@pytest.mark.parametrize(("action", "allowed"), [(ACTION_ALLOW, True), (ACTION_REVIEW, False), (0, False)])
def test_only_allow_allows(action: int, allowed: bool) -> None:
    assert judged(action, True, [], [], "").allowed is allowed


def test_who_is_in_the_picture() -> None:
    assert judged(ACTION_ALLOW, True, [], [result()], "").person is None
    assert judged(ACTION_ALLOW, True, [], [result(person=PERSON_ADULT)], "").person is Person.ADULT
    assert judged(ACTION_ALLOW, True, [], [result(person=PERSON_AGE_UNKNOWN)], "").person is Person.CHILD
    assert judged(ACTION_ALLOW, True, [], [result(person=99)], "").person is Person.CHILD


scores = st.dictionaries(st.sampled_from(["hate", "violence", "jailbreak"]), st.floats(0, 1))


@given(scores)
def test_risk_is_half_where_the_first_threshold_is_met(given_scores: dict[str, float]) -> None:
    thresholds = {"hate": 0.3, "violence": 0.8}
    over = any(score >= thresholds.get(category, 2) for category, score in given_scores.items())
    found = risk(given_scores, thresholds)
    assert 0 <= found <= 1
    assert (found >= 0.5 - 1e-12) == over or found == pytest.approx(0.5)


def test_without_a_threshold_there_is_no_risk() -> None:
    assert risk({"jailbreak": 1.0}, {"hate": 0.5}) == 0.0
    assert risk({}, {"hate": 0.5}) == 0.0
