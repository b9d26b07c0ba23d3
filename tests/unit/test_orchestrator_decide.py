"""The decision, as a table: read it as the specification."""

import dataclasses
import itertools
import math
from pathlib import Path

import cel
import pytest

from orchestrator.decide import Outcome, decide
from sluice.policy.load import load
from sluice.policy.model import Policy, Severity
from sluice.v1.contents_pb2 import (
    UNPROCESSABLE_NO_CONTENTS,
    UNPROCESSABLE_TRUNCATED,
    Contents,
    PreparedContent,
    PromptDecision,
)
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, ACTION_REVIEW
from sluice.v1.request_pb2 import (
    AGE_BAND_TEEN,
    AGE_BAND_UNDER_13,
    OPERATION_EDIT,
    ROLE_GENERATED,
    ROLE_TRANSCRIPT,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    Role,
)
from sluice.v1.verdict_pb2 import (
    PERSON_ADULT,
    PERSON_AGE_UNKNOWN,
    PERSON_CHILD,
    STATUS_ABSTAIN,
    STATUS_ERROR,
    STATUS_TIMEOUT,
    STATUS_UNPROCESSABLE,
    Verdict,
)
from tests.unit.build import OTHER_ID, contents, image, result, text, verdict

Verdicts = dict[str, Verdict]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(Path(__file__).parents[2] / "policies" / "default.yaml")


def run(asked: Contents, verdicts: Verdicts, policy: Policy, late: bool = False) -> Outcome:
    found = decide(asked, verdicts, policy, late)
    assert found is not None
    return found


def rules(outcome: Outcome) -> set[str]:
    return {reason.rule for reason in outcome.reasons}


def pictures(person: int = PERSON_ADULT, csam: bool = False, sexual: float = 0.0) -> Verdicts:
    return {
        "image_text": verdict("image_text", result()),
        "image": verdict("image", result(scores={"sexual": sexual})),
        "person": verdict("person", result(person=person)),
        "hash": verdict("hash", result(csam=csam)),
    }


FINE = {"text": verdict("text", result(scores={"illicit": 0.1}))}


def test_all_required_checks_ok_and_no_rule_fired_is_allow(policy: Policy) -> None:
    assert run(contents(text()), FINE, policy) == Outcome(Severity.ALLOW, complete=True, reasons=())


def test_waits_while_a_required_answer_can_still_come(policy: Policy) -> None:
    assert decide(contents(text(), image("c1")), FINE, policy, late=False) is None


@pytest.mark.parametrize("status", [STATUS_ERROR, STATUS_TIMEOUT, STATUS_ABSTAIN])
def test_an_answer_that_is_not_ok_is_incomplete_at_once(policy: Policy, status: int) -> None:
    found = run(contents(text()), {"text": verdict("text", result(status=status))}, policy)
    assert (found.action, found.complete, rules(found)) == (Severity.BLOCK, False, {"incomplete"})


@pytest.mark.parametrize(("score", "action"), [(0.99, Severity.BLOCK), (0.1, Severity.REVIEW)])
def test_what_an_abstaining_check_scores_can_only_make_it_worse(
    policy: Policy, score: float, action: Severity
) -> None:
    stages = {
        number: dataclasses.replace(stage, on_incomplete=Severity.REVIEW) for number, stage in policy.stages.items()
    }
    gentle = dataclasses.replace(policy, stages=stages)
    seen = {"text": verdict("text", result(status=STATUS_ABSTAIN, scores={"illicit": score}))}
    found = run(contents(text()), seen, gentle)
    assert (found.action, found.complete) == (action, False)
    assert rules(found) == ({"illicit", "incomplete"} if action is Severity.BLOCK else {"incomplete"})


@pytest.mark.parametrize("status", [STATUS_ERROR, STATUS_TIMEOUT, STATUS_UNPROCESSABLE])
def test_scores_of_an_answer_that_failed_do_not_count(policy: Policy, status: int) -> None:
    seen = {"text": verdict("text", result(status=status, scores={"illicit": 0.99}))}
    assert "illicit" not in rules(run(contents(text()), seen, policy))


def test_an_abstaining_person_check_does_not_vouch_for_anybody(policy: Policy) -> None:
    asked = contents(image("c0", role=ROLE_UPLOAD), operation=OPERATION_EDIT)
    unsure = verdict("person", result(status=STATUS_ABSTAIN, scores={"sexual": 0.0}, person=PERSON_ADULT))
    found = run(asked, pictures() | {"person": unsure}, policy, late=True)
    assert {"no-child-edits", "incomplete"} <= rules(found)


@pytest.mark.parametrize("score", [math.nan, -0.1, 1.5])
def test_a_score_that_is_none_is_incomplete(policy: Policy, score: float) -> None:
    found = run(contents(text()), {"text": verdict("text", result(scores={"illicit": score}))}, policy)
    assert (found.action, found.complete) == (Severity.BLOCK, False)


def test_no_answer_by_the_deadline_is_incomplete_and_names_the_check(policy: Policy) -> None:
    found = run(contents(text()), {}, policy, late=True)
    assert (found.action, found.complete) == (Severity.BLOCK, False)
    assert [(reason.rule, reason.check, reason.content_id) for reason in found.reasons] == [
        ("incomplete", "text", "c0")
    ]


def test_on_incomplete_review_makes_it_review(policy: Policy) -> None:
    stages = {
        number: dataclasses.replace(stage, on_incomplete=Severity.REVIEW) for number, stage in policy.stages.items()
    }
    gentle = dataclasses.replace(policy, stages=stages)
    assert run(contents(text()), {}, gentle, late=True).action is Severity.REVIEW


def test_a_block_rule_outweighs_on_incomplete_review(policy: Policy) -> None:
    stages = {
        number: dataclasses.replace(stage, on_incomplete=Severity.REVIEW) for number, stage in policy.stages.items()
    }
    gentle = dataclasses.replace(policy, stages=stages)
    bad = {"text": verdict("text", result(scores={"illicit": 0.99}))}
    found = run(contents(text(), image("c1")), bad, gentle, late=True)
    assert (found.action, found.complete) == (Severity.BLOCK, False)
    assert {"illicit", "incomplete"} <= rules(found)


def test_a_fired_rule_says_what_it_compared(policy: Policy) -> None:
    found = run(contents(text()), {"text": verdict("text", result(scores={"illicit": 0.93}))}, policy)
    reason = found.reasons[0]
    assert found.action is Severity.BLOCK
    assert (reason.rule, reason.category, reason.check, reason.content_id) == ("illicit", "illicit", "text", "c0")
    assert reason.score == pytest.approx(0.93)
    assert reason.threshold == policy.threshold("illicit", "UNKNOWN")


@pytest.mark.parametrize("checks", [1, 2, 3, 4])
def test_a_terminal_rule_decides_without_the_others(policy: Policy, checks: int) -> None:
    every = pictures(csam=True)
    seen = {name: every[name] for name in ("hash", "image", "person", "image_text")[:checks]}
    found = run(contents(text("c9"), image()), seen, policy)
    assert (found.action, found.reports) == (Severity.BLOCK, ("known-csam",))
    assert [(reason.rule, reason.content_id) for reason in found.reasons] == [("known-csam", "c0")]
    assert not found.complete
    # The same at the deadline: what was not there is no reason, whenever it is decided again.
    assert decide(contents(text("c9"), image()), seen, policy, late=True) == found


def test_what_went_wrong_before_a_terminal_rule_fired_is_told(policy: Policy) -> None:
    seen = {"hash": pictures(csam=True)["hash"], "image": verdict("image", result("c0", status=STATUS_ERROR))}
    found = run(contents(image(), PreparedContent(id="c7", role=Role.ValueType(99))), seen, policy)
    assert [(reason.rule, reason.check, reason.content_id) for reason in found.reasons] == [
        ("known-csam", "", "c0"),
        ("incomplete", "image", "c0"),
        ("incomplete", "", "c7"),
    ]
    assert (found.action, found.complete) == (Severity.BLOCK, False)


def test_what_ingest_could_not_read_blocks_at_once(policy: Policy) -> None:
    broken = PreparedContent(id="c1", role=ROLE_UPLOAD, unprocessable=UNPROCESSABLE_TRUNCATED)
    found = run(contents(text(), broken), {}, policy)
    assert (found.action, found.complete, rules(found)) == (Severity.BLOCK, False, {"unprocessable"})
    assert found.reasons[0].detail == "truncated"


def test_a_request_that_cannot_be_judged_blocks_at_once(policy: Policy) -> None:
    asked = contents()
    asked.unprocessable = UNPROCESSABLE_NO_CONTENTS
    assert run(asked, {}, policy).action is Severity.BLOCK


def test_no_contents_at_all_is_never_an_allow(policy: Policy) -> None:
    assert run(contents(), {}, policy).action is Severity.BLOCK


def test_an_unknown_stage_is_never_an_allow(policy: Policy) -> None:
    assert run(contents(text(), stage=99), FINE, policy).action is Severity.BLOCK


def test_a_role_that_no_check_covers_is_never_an_allow(policy: Policy) -> None:
    stages = {
        number: dataclasses.replace(stage, checks={k: v for k, v in stage.checks.items() if k != ROLE_TRANSCRIPT})
        for number, stage in policy.stages.items()
    }
    narrow = dataclasses.replace(policy, stages=stages)
    found = run(contents(text(), text("c1", ROLE_TRANSCRIPT)), FINE, narrow)
    assert (found.action, found.complete) == (Severity.BLOCK, False)


def test_a_check_that_finds_a_content_unreadable_blocks(policy: Policy) -> None:
    found = run(contents(text()), {"text": verdict("text", result(status=STATUS_UNPROCESSABLE))}, policy)
    assert (found.action, rules(found)) == (Severity.BLOCK, {"unprocessable"})


def test_a_verdict_about_another_content_does_not_count(policy: Policy) -> None:
    found = run(contents(text()), {"text": verdict("text", result("c7"))}, policy, late=True)
    assert found.action is Severity.BLOCK


@pytest.mark.parametrize(
    ("generation_id", "answer", "expected"),
    [
        ("", 0, Severity.ALLOW),
        (OTHER_ID, ACTION_ALLOW, Severity.ALLOW),
        (OTHER_ID, ACTION_BLOCK, Severity.BLOCK),
        (OTHER_ID, ACTION_REVIEW, Severity.BLOCK),
        (OTHER_ID, 0, Severity.BLOCK),
    ],
    ids=["alone", "prompt-allowed", "prompt-blocked", "prompt-in-review", "prompt-unknown"],
)
def test_an_output_rests_on_its_prompt(policy: Policy, generation_id: str, answer: int, expected: Severity) -> None:
    asked = contents(image(role=ROLE_GENERATED), stage=STAGE_OUTPUT, generation_id=generation_id)
    asked.prompt_decision.CopyFrom(PromptDecision(action=answer))  # type: ignore[arg-type]
    found = run(asked, pictures(), policy)
    assert found.action is expected
    assert found.complete


def test_policy_can_demand_a_generation_id(policy: Policy) -> None:
    strict = dataclasses.replace(policy, require_generation_id=True)
    asked = contents(image(role=ROLE_GENERATED), stage=STAGE_OUTPUT)
    assert run(asked, pictures(), strict).action is Severity.BLOCK


@pytest.mark.parametrize(
    ("person", "expected"),
    [(PERSON_ADULT, Severity.ALLOW), (PERSON_CHILD, Severity.BLOCK), (PERSON_AGE_UNKNOWN, Severity.BLOCK)],
)
def test_no_edits_of_children(policy: Policy, person: int, expected: Severity) -> None:
    asked = contents(text("c1"), image(), operation=OPERATION_EDIT)
    seen = pictures(person) | {"text": verdict("text", result("c1"))}
    assert run(asked, seen, policy).action is expected


@pytest.mark.parametrize(("band", "expected"), [(0, Severity.ALLOW), (AGE_BAND_TEEN, Severity.BLOCK)])
def test_teens_have_stricter_thresholds(policy: Policy, band: int, expected: Severity) -> None:
    score = (policy.threshold("sexual", "TEEN") + policy.threshold("sexual", "UNKNOWN")) / 2
    seen = {"text": verdict("text", result(scores={"sexual": score}))}
    assert run(contents(text(), age_band=band), seen, policy).action is expected


def test_under_13_is_not_served(policy: Policy) -> None:
    assert run(contents(text(), age_band=AGE_BAND_UNDER_13), FINE, policy).action is Severity.BLOCK


def test_a_label_rides_on_an_allow(policy: Policy) -> None:
    asked = contents(image(role=ROLE_GENERATED), stage=STAGE_OUTPUT)
    found = run(asked, pictures(PERSON_ADULT), policy)
    assert (found.action, found.labels) == (Severity.ALLOW, ("photoreal-person",))


def test_a_release_satisfies_review_rules_and_nothing_else(policy: Policy) -> None:
    softened = tuple(
        dataclasses.replace(rule, action=Severity.REVIEW) if rule.id == "illicit" else rule for rule in policy.rules
    )
    lenient = dataclasses.replace(policy, rules=softened)
    seen = {"text": verdict("text", result(scores={"illicit": 0.99}))}
    asked = contents(text())
    assert run(asked, seen, lenient).action is Severity.REVIEW
    asked.released_from = OTHER_ID
    assert run(asked, seen, lenient).action is Severity.ALLOW
    assert run(asked, seen, policy).action is Severity.BLOCK
    assert run(asked, {}, lenient, late=True).action is Severity.BLOCK


def test_a_required_category_that_everybody_abstains_from_is_incomplete(policy: Policy) -> None:
    demanding = dataclasses.replace(policy, require=("illicit/violent",))
    seen = {"text": verdict("text", result(abstained=("illicit/violent",)))}
    assert run(contents(text()), seen, demanding).complete is False
    covered = {"text": verdict("text", result(scores={"illicit/violent": 0.0}))}
    assert run(contents(text()), covered, demanding).complete is True


def test_the_order_of_verdicts_does_not_matter(policy: Policy) -> None:
    asked = contents(image())
    seen = pictures(sexual=0.9)
    outcomes = {
        (found.action, frozenset(rules(found)))
        for order in itertools.permutations(seen)
        if (found := decide(asked, {name: seen[name] for name in order}, policy, late=False)) is not None
    }
    assert outcomes == {(Severity.BLOCK, frozenset({"sexual", "intimate-real-person"}))}


def with_rule(policy: Policy, when: str) -> Policy:
    rule = dataclasses.replace(policy.rules[0], id="odd", when=when, program=cel.compile(when), terminal=False)
    return dataclasses.replace(policy, rules=(*policy.rules, rule))


@pytest.mark.parametrize("when", ["10 / size(uploads) > 100", "contents[7].kind == 'text'", "size(contents)"])
def test_a_rule_that_cannot_be_evaluated_blocks(policy: Policy, when: str) -> None:
    found = run(contents(text()), FINE, with_rule(policy, when))
    assert (found.action, "odd" in rules(found)) == (Severity.BLOCK, True)


def test_numbers_of_a_newer_contract_never_allow(policy: Policy) -> None:
    strange = contents(image(), operation=OPERATION_EDIT)
    assert run(strange, pictures(person=99), policy).action is Severity.BLOCK
    unread = contents(PreparedContent(id="c0", role=ROLE_UPLOAD, unprocessable=99))  # type: ignore[arg-type]
    assert run(unread, {}, policy).action is Severity.BLOCK
    output = contents(image(role=ROLE_GENERATED), stage=STAGE_OUTPUT, generation_id=OTHER_ID)
    output.prompt_decision.CopyFrom(PromptDecision(action=9))  # type: ignore[arg-type]
    assert run(output, pictures(), policy).action is Severity.BLOCK


def test_a_request_that_is_not_waited_for_says_so(policy: Policy) -> None:
    found = decide(contents(text(), image("c1")), FINE, policy, late=False, overloaded=True)
    assert found is not None
    assert (found.action, found.complete, rules(found)) == (Severity.BLOCK, False, {"incomplete", "overloaded"})
    told = found.reasons[-1]
    assert (told.detail, told.action) == ("too many requests were waiting", ACTION_BLOCK)


def test_where_every_answer_is_there_nobody_is_turned_away(policy: Policy) -> None:
    assert decide(contents(text()), FINE, policy, late=False, overloaded=True) == run(contents(text()), FINE, policy)


def test_a_terminal_rule_decides_for_those_who_are_turned_away_too(policy: Policy) -> None:
    found = decide(contents(text("c9"), image()), pictures(csam=True), policy, late=True, overloaded=True)
    assert found is not None
    assert (found.reports, "overloaded" in rules(found)) == (("known-csam",), False)
