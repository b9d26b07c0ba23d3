"""The decision with plans and the decision by CEL alone are one decision, whatever was asked and answered."""

import dataclasses
from pathlib import Path

import cel
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.decide import Outcome, decide
from sluice.policy.load import load
from sluice.policy.model import Policy, Rule, Severity
from sluice.v1.contents_pb2 import Contents, PreparedContent, PromptDecision, Unprocessable
from sluice.v1.decision_pb2 import Action
from sluice.v1.request_pb2 import AgeBand, Operation, Role, Stage
from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult, Person, Status, Verdict
from tests.unit.build import OTHER_ID, contents, image, text

untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no finding."""
POLICY = load(Path(__file__).parents[2] / "policies" / "default.yaml")
CHECKS = ("text", "image_text", "image", "person", "hash", "stranger")
IDS = ("c0", "c1", "c2")
RULES = (
    ("review-faces", Severity.REVIEW, 'operation == "EDIT" && uploads.exists(u, u.person == "ADULT")', False),
    ("drawn", Severity.ALLOW, "generated.exists(g, has(g.signals.drawn) && g.signals.drawn > 0.8)", False),
    ("fails", Severity.BLOCK, "contents[1].scores['sexual'] > 0.9", False),
    ("hateful", Severity.BLOCK, 'score("hate") >= 0.9 && score("hate") >= threshold("hate")', True),
    ("either", Severity.REVIEW, 'score("sexual") > 0.7 || threshold("hate") <= score("hate")', False),
    ("too-young", Severity.BLOCK, 'age_band == "UNDER_13"', True),
)
HARSH = dataclasses.replace(
    POLICY,
    rules=(
        *POLICY.rules,
        *(Rule(name, action, when, cel.compile(when), terminal) for name, action, when, terminal in RULES),
    ),
    require=("illicit/violent",),
)


def by_cel(policy: Policy) -> Policy:
    """The same policy, written so that no rule has a plan."""
    return dataclasses.replace(
        policy, rules=tuple(dataclasses.replace(rule, when=f"{rule.when} // by CEL") for rule in policy.rules)
    )


BY_CEL = {id(policy): by_cel(policy) for policy in (POLICY, HARSH)}


def test_the_other_way_has_no_plans() -> None:
    assert any(rule.plan for rule in HARSH.rules)
    assert not any(rule.plan for policy in BY_CEL.values() for rule in policy.rules)


@st.composite
def asked(draw: st.DrawFn) -> Contents:
    stage = draw(st.sampled_from([Stage.STAGE_PROMPT, Stage.STAGE_OUTPUT]))
    covered = [*POLICY.stages[stage].checks] * 5
    parts: list[PreparedContent] = []
    for content_id in draw(st.lists(st.sampled_from(IDS), max_size=3)):
        role = draw(st.sampled_from([*covered, *Role.values()]))
        make = text if role in (Role.ROLE_PROMPT, Role.ROLE_TRANSCRIPT) else image
        parts.append(make(content_id, role))
        if draw(st.integers(0, 39)) == 0:
            parts[-1].unprocessable = draw(st.sampled_from(Unprocessable.values()))
    found = contents(
        *parts,
        stage=stage,
        operation=draw(st.sampled_from(Operation.values())),
        age_band=draw(st.sampled_from([AgeBand.AGE_BAND_ADULT] * 4 + [*AgeBand.values(), 99])),
        generation_id=draw(st.sampled_from(["", "", OTHER_ID])),
    )
    if draw(st.booleans()):
        found.prompt_decision.CopyFrom(PromptDecision(action=draw(st.sampled_from(Action.values()))))
    found.released_from = draw(st.sampled_from(["", OTHER_ID]))
    return found


low = st.floats(0.0, 0.1)
scores = st.one_of(low, low, low, st.floats(0.0, 1.0), st.sampled_from([0.3, 0.5, 0.95, 1.0, float("nan"), -0.1]))
statuses = st.sampled_from([STATUS_OK] * 30 + list(Status.values()))


@st.composite
def results(draw: st.DrawFn, content_id: str) -> ContentResult:
    found = ContentResult(content_id=content_id, status=draw(statuses))
    found.person = draw(st.sampled_from([Person.PERSON_ADULT] * 3 + [0, *Person.values()]))  # type: ignore[assignment]
    categories = st.sampled_from(["sexual", "hate", "illicit", "illicit/violent"])
    found.scores.update(draw(st.dictionaries(categories, scores, max_size=3)))
    found.abstained.extend(draw(st.lists(categories, max_size=1)))
    found.signals.update(draw(st.dictionaries(st.sampled_from(["drawn", "faces"]), scores, max_size=2)))
    if draw(st.integers(0, 9)) == 0:
        found.matches.add(list="bank", kind=draw(st.sampled_from(["csam", "name"])))
    return found


@st.composite
def answers(draw: st.DrawFn, contents: Contents) -> dict[str, Verdict]:
    """Mostly of every check about every content; some twice, some about others, some not at all."""
    found: dict[str, Verdict] = {}
    for check in draw(st.permutations(CHECKS)):
        ids = [content.id for content in contents.contents]
        if draw(st.integers(0, 4)) == 0:
            ids = draw(st.lists(st.sampled_from(IDS), max_size=4))
        if draw(st.integers(0, 19)):
            found[check] = Verdict(check=check, results=[draw(results(content_id)) for content_id in ids])
    return found


cases = asked().flatmap(lambda contents: st.tuples(st.just(contents), answers(contents)))


def told(outcome: Outcome | None) -> str:
    """An outcome in a form that can be compared: NaN is not equal to itself."""
    return repr(outcome)


@pytest.mark.parametrize("policy", [POLICY, HARSH], ids=["default", "harsh"])
@untimed
@given(case=cases, late=st.booleans(), overloaded=st.booleans())
def test_both_ways_are_one_decision(
    policy: Policy, case: tuple[Contents, dict[str, Verdict]], late: bool, overloaded: bool
) -> None:
    contents, verdicts = case
    planned = decide(contents, verdicts, policy, late, overloaded=overloaded)
    assert told(planned) == told(decide(contents, verdicts, BY_CEL[id(policy)], late, overloaded=overloaded))


@untimed
@given(cases)
def test_too_many_waiting_is_never_an_allow(case: tuple[Contents, dict[str, Verdict]]) -> None:
    contents, verdicts = case
    outcome = decide(contents, verdicts, POLICY, late=False, overloaded=True)
    assert outcome is not None
    waited = decide(contents, verdicts, POLICY, late=False)
    if waited is None:
        assert outcome.action is not Severity.ALLOW
        assert not outcome.complete
        assert outcome.reasons[-1].rule == "overloaded"
    else:
        assert told(outcome) == told(waited)
