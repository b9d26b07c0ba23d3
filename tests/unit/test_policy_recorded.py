"""What is rebuilt from a decision decides as the decision did; and what it does not hold is not made up."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.decide import Outcome, decide
from orchestrator.outputs import Seen, outputs
from sluice.errors import TerminalError
from sluice.policy.decider import Decided
from sluice.policy.examples import Example, read_examples
from sluice.policy.made import contents_of, verdicts_of
from sluice.policy.model import Policy, Severity
from sluice.policy.recorded import decided_again, recorded, told_apart
from sluice.v1.contents_pb2 import Contents, Unprocessable
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision
from sluice.v1.request_pb2 import LANE_BULK, ROLE_GENERATED, STAGE_OUTPUT
from sluice.v1.verdict_pb2 import Verdict
from tests.unit.build import OTHER_ID, contents, image, result, text, verdict
from tests.unit.test_orchestrator_decide_plans import HARSH, POLICY, cases, untimed
from tests.unit.test_policy_load import DEFAULT

BREAKERS = st.sampled_from(["rule:sexual", "rule:hate", "rule:known-csam", "tenant:"])
EXAMPLES = read_examples(DEFAULT.parent / "tests", POLICY)


def has_its_picture(case: tuple[Contents, dict[str, Verdict]]) -> bool:
    """Ingest lets no OUTPUT through without."""
    return case[0].stage != STAGE_OUTPUT or any(one.role == ROLE_GENERATED for one in case[0].contents)


real = cases.filter(has_its_picture)


def kept(
    asked: Contents,
    verdicts: dict[str, Verdict],
    policy: Policy,
    outcome: Outcome,
    decided_at_ms: int = 3000,
    open_breakers: Sequence[str] = (),
) -> Decision:
    """The decision as it comes back from the log."""
    seen = {check: Seen(found, at, 1500 + at) for at, (check, found) in enumerate(verdicts.items())}
    decision = outputs(asked, 7, 1100, seen, outcome, policy, open_breakers).decision
    decision.decided_at_ms = decided_at_ms
    return Decision.FromString(decision.SerializeToString())


def decided(asked: Contents, *answers: Verdict, late: bool = True, overloaded: bool = False) -> Decision:
    by = {one.check: one for one in answers}
    outcome = decide(asked, by, POLICY, late, overloaded=overloaded)
    assert outcome is not None
    return kept(asked, by, POLICY, outcome)


def told(outcome: Decided) -> object:
    """An outcome in a form that can be compared: NaN is not equal to itself."""
    return outcome.action, outcome.complete, [repr(one) for one in outcome.reasons], tuple(outcome.labels)


@pytest.mark.parametrize("policy", [POLICY, HARSH], ids=["default", "harsh"])
@untimed
@given(
    case=real,
    late=st.booleans(),
    overloaded=st.booleans(),
    at=st.sampled_from([1500, 3000]),
    breakers=st.lists(BREAKERS, unique=True),
    rules=st.lists(st.sampled_from(["sexual", "hate"]), unique=True),
)
def test_a_decision_decides_the_same_again(
    policy: Policy,
    case: tuple[Contents, dict[str, Verdict]],
    late: bool,
    overloaded: bool,
    at: int,
    breakers: list[str],
    rules: list[str],
) -> None:
    asked, verdicts = case
    if asked.released_from:
        asked.released_rules.extend(rules)
    outcome = decide(asked, verdicts, policy, late, overloaded=overloaded, open_breakers=breakers)
    if outcome is not None:
        found = recorded(kept(asked, verdicts, policy, outcome, at, breakers))
        assert told(decided_again(found, policy, decide)) == told(outcome)


@untimed
@given(real)
def test_another_policy_decides_as_it_would_have(case: tuple[Contents, dict[str, Verdict]]) -> None:
    asked, verdicts = case
    outcome, other = (decide(asked, verdicts, policy, late=True) for policy in (POLICY, HARSH))
    assert outcome is not None
    assert other is not None
    found = recorded(kept(asked, verdicts, POLICY, outcome))
    assert told(decided_again(found, HARSH, decide)) == told(other)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.name)
def test_the_examples_of_the_default_policy(example: Example) -> None:
    asked, verdicts = contents_of(example), dict(verdicts_of(example, POLICY))
    outcome = decide(asked, verdicts, POLICY, late=True)
    assert outcome is not None
    found = recorded(kept(asked, verdicts, POLICY, outcome))
    assert told(decided_again(found, POLICY, decide)) == told(outcome)


@pytest.mark.parametrize("why", [number for number in Unprocessable.values() if number])
def test_why_it_could_not_be_read_comes_back(why: "Unprocessable.ValueType") -> None:
    asked = contents(text(), image("c1"))
    asked.contents[1].ClearField("image")
    asked.contents[1].unprocessable = why
    asked.contents[1].detail = "at byte 7: odd"
    outcome = decide(asked, {}, POLICY, late=False)
    assert outcome is not None
    found = recorded(kept(asked, {}, POLICY, outcome))
    assert told(decided_again(found, POLICY, decide)) == told(outcome)
    assert [(one.unprocessable, one.detail) for one in found.contents.contents] == [(0, ""), (why, "at byte 7: odd")]
    asked.unprocessable, asked.detail = why, ""
    outcome = decide(asked, {}, POLICY, late=False)
    assert outcome is not None
    found = recorded(kept(asked, {}, POLICY, outcome))
    assert told(decided_again(found, POLICY, decide)) == told(outcome)


def test_a_stage_that_nobody_knows_and_a_word_from_the_future() -> None:
    asked = contents(text(), stage=9)
    asked.detail = "stage"
    decision = decided(asked)
    assert decided_again(recorded(decision), POLICY, decide).reasons[0].detail == "unknown_enum: stage"
    decision.unprocessable = "too_loud"
    assert decided_again(recorded(decision), POLICY, decide).action is Severity.BLOCK


def test_what_is_rebuilt_is_what_was_asked_without_its_content() -> None:
    asked = contents(text(), image("c1", ROLE_GENERATED), stage=STAGE_OUTPUT, generation_id=OTHER_ID)
    asked.lane = LANE_BULK
    asked.subject.tenant = "studio"
    asked.released_from = OTHER_ID
    asked.prompt_decision.action = ACTION_ALLOW
    asked.prompt_decision.offset = 5
    found = recorded(decided(asked, verdict("text", contents_offset=7, lane=LANE_BULK)))
    asked.subject.account_id = ""
    for content in asked.contents:
        for body in (content.text, content.image):
            if content.HasField("text" if body is content.text else "image"):
                body.Clear()
    assert found.contents == asked
    assert found.verdicts == {"text": verdict("text", contents_offset=7, lane=LANE_BULK)}


def test_no_room_to_wait_is_an_input() -> None:
    found = recorded(decided(contents(text()), late=False, overloaded=True))
    assert found.overloaded
    assert [reason.rule for reason in decided_again(found, POLICY, decide).reasons] == ["incomplete", "overloaded"]
    assert found.silent == {"text"}
    assert told_apart(found, POLICY, decide) is not None


def test_who_was_waited_for_in_vain_is_silent() -> None:
    decision = decided(contents(text()))
    found = recorded(decision)
    assert found.silent == {"text"}
    assert found.unknown(POLICY) == set()
    outcome = told_apart(found, POLICY, decide)
    assert outcome is not None
    assert not outcome.complete


def test_a_check_that_nobody_asked_for_is_unknown() -> None:
    decision = decided(contents(image()), *(verdict(name) for name in ("image_text", "person", "hash")))
    # As if the policy had not required it: the decision says nothing of it.
    del decision.reasons[:]
    found = recorded(decision)
    assert found.unknown(POLICY) == {"image"}
    assert told_apart(found, POLICY, decide) is None
    assert not decided_again(found, POLICY, decide).complete


def test_what_a_terminal_rule_did_not_wait_for_is_unknown() -> None:
    asked = contents(image())
    answers = {"hash": verdict("hash", result("c0", csam=True))}
    outcome = decide(asked, answers, POLICY, late=False)
    assert outcome is not None
    found = recorded(kept(asked, answers, POLICY, outcome, decided_at_ms=1600))
    assert found.unknown(POLICY) == {"image_text", "image", "person"}
    again = told_apart(found, POLICY, decide)
    assert again is not None
    assert told(again) == told(outcome)
    # A policy without the terminal rule would have waited.
    assert told_apart(found, without_terminal(), decide) is None


def test_later_answers_are_joined_and_the_others_are_silent() -> None:
    asked = contents(image())
    answers = {"hash": verdict("hash", result("c0", csam=True))}
    outcome = decide(asked, answers, POLICY, late=False)
    assert outcome is not None
    found = recorded(kept(asked, answers, POLICY, outcome, decided_at_ms=1600))
    late = {"person": verdict("person", result("c0")), "hash": verdict("hash", result("c0"))}
    joined = found.joined(late, POLICY)
    assert list(joined.verdicts) == ["hash", "person"]
    assert joined.verdicts["hash"].results[0].matches
    assert joined.silent == {"image_text", "image"}
    assert joined.unknown(POLICY) == set()
    assert told_apart(joined, without_terminal(), decide) is not None


def without_terminal() -> Policy:
    return replace(POLICY, rules=tuple(rule for rule in POLICY.rules if not rule.terminal))


def test_a_decide_that_gives_no_answer_is_told() -> None:
    found = recorded(decided(contents(text())))
    with pytest.raises(TerminalError, match="no decision came"):
        decided_again(found, POLICY, lambda *_, **__: None)
