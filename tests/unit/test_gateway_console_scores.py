"""Scores as bars against thresholds."""

from gateway.console_scores import Score, answered
from sluice.policy.load import load
from sluice.v1.decision_pb2 import Decision, Input, Reason
from sluice.v1.request_pb2 import ROLE_PROMPT, STAGE_PROMPT
from sluice.v1.verdict_pb2 import PERSON_AGE_UNKNOWN, STATUS_ABSTAIN, STATUS_OK, ContentResult, ListMatch, Model
from tests.unit.test_policy_load import DEFAULT

POLICY = load(DEFAULT)


def decision(result: ContentResult, *reasons: Reason) -> Decision:
    seen = Input(check="text", results=[result], started_at_ms=10, finished_at_ms=25, appended_at_ms=1030)
    seen.models.extend([Model(name="harm", version="3")])
    found = Decision(stage=STAGE_PROMPT, inputs=[seen], reasons=reasons, requested_at_ms=1000)
    found.contents.add(id="c0", role=ROLE_PROMPT)
    return found


def test_a_score_stands_against_the_policys_threshold() -> None:
    limit = POLICY.thresholds_of("UNKNOWN", "PROMPT")["violence"]
    result = ContentResult(content_id="c0", status=STATUS_OK, scores={"violence": limit, "hate": 0.02, "new": 0.5})
    (verdict,) = answered(decision(result), POLICY)
    assert (verdict.check, verdict.status, verdict.took, verdict.after) == ("text", "OK", 15, 30)
    assert verdict.models == ["harm 3"]
    (seen,) = verdict.seen
    assert (seen.content, seen.role) == ("c0", "prompt")
    by_name = {score.name: score for score in seen.scores}
    mark = round(1000 * limit)
    assert by_name["violence"] == Score("violence", f"{limit:.2f}", mark, f"{limit:.2f}", mark, reached=True)
    assert not by_name["hate"].reached
    assert by_name["new"].mark is None
    values = [score.x for score in seen.scores]
    assert values == sorted(values, reverse=True)


def test_without_the_policy_the_reasons_thresholds_are_known() -> None:
    result = ContentResult(content_id="c0", status=STATUS_OK, scores={"violence": 0.9, "hate": 0.2})
    reason = Reason(rule="violence", category="violence", score=0.9, threshold=0.5)
    (verdict,) = answered(decision(result, reason), None)
    violence, hate = verdict.seen[0].scores
    assert (violence.threshold, violence.mark, violence.reached) == ("0.50", 500, True)
    assert (hate.threshold, hate.mark, hate.reached) == ("", None, False)


def test_numbers_that_look_alike_are_told_apart() -> None:
    reason = Reason(rule="violence", category="violence", score=0.4999, threshold=0.5)
    result = ContentResult(content_id="c0", status=STATUS_OK, scores={"violence": 0.4999})
    score = answered(decision(result, reason), None)[0].seen[0].scores[0]
    assert (score.value, score.threshold, score.reached) == ("0.4999", "0.5000", False)


def test_low_scores_are_folded_away_unless_they_reach_their_threshold() -> None:
    reason = Reason(rule="csam", category="csam", score=0.001, threshold=0.001)
    result = ContentResult(content_id="c0", status=STATUS_OK, scores={"csam": 0.001, "hate": 0.0, "violence": 0.01})
    (seen,) = answered(decision(result, reason), None)[0].seen
    assert [score.name for score in seen.scores] == ["violence", "csam"]
    assert [score.name for score in seen.low] == ["hate"]


def test_what_else_a_check_saw() -> None:
    result = ContentResult(content_id="c9", status=STATUS_ABSTAIN, person=PERSON_AGE_UNKNOWN, abstained=["b", "a"])
    result.signals.update({"photoreal": 0.97})
    result.matches.extend([ListMatch(list="bank", entry="7", kind="csam", test=True)])
    (verdict,) = answered(decision(result), None)
    assert verdict.status == "ABSTAIN"
    (seen,) = verdict.seen
    assert (seen.role, seen.status) == ("", "ABSTAIN")
    assert seen.facts == ["person: age unknown", "photoreal: 0.97", "matches bank/7 (test)", "abstains from a, b"]
    nothing = answered(decision(ContentResult(content_id="c0", status=STATUS_OK)), None)[0].seen[0]
    assert nothing.facts == ["found nothing"]


def test_scores_outside_their_range_stay_on_the_axis() -> None:
    result = ContentResult(content_id="c0", status=STATUS_OK, scores={"a": 7.0, "b": -3.0})
    (seen,) = answered(decision(result), None)[0].seen
    assert [score.x for score in (*seen.scores, *seen.low)] == [1000, 0]
