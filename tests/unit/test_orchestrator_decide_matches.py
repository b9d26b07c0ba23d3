"""What a check matched on a list counts whatever else it says, and never in anybody's favour."""

import dataclasses
from pathlib import Path

import cel
import pytest

from orchestrator.decide import decide
from sluice.policy.load import load
from sluice.policy.model import Policy, Rule, Severity
from sluice.v1.verdict_pb2 import STATUS_ABSTAIN, STATUS_ERROR, STATUS_OK, ContentResult, Status, Verdict
from tests.unit.build import contents, text

STYLE = 'contents.exists(c, c.matches.exists(m, m.kind == "artist" && m.method == "style"))'
BY_CEL = f"{STYLE} // by CEL"


@pytest.fixture(params=[STYLE, BY_CEL], ids=["plan", "CEL"])
def policy(request: pytest.FixtureRequest) -> Policy:
    """The default policy with one more rule."""
    found = load(Path(__file__).parents[2] / "policies" / "default.yaml")
    rule = Rule("style", Severity.REVIEW, request.param, cel.compile(request.param))
    return dataclasses.replace(found, rules=(*found.rules, rule))


def seen(status: Status.ValueType, **match: str) -> dict[str, Verdict]:
    result = ContentResult(content_id="c0", status=status)
    result.matches.add(list="artists", entry="7", **match)
    return {"text": Verdict(check="text", results=[result])}


@pytest.mark.parametrize("status", [STATUS_OK, STATUS_ABSTAIN])
def test_a_match_fires_even_where_the_check_abstains(policy: Policy, status: Status.ValueType) -> None:
    outcome = decide(contents(text()), seen(status, kind="artist", method="style"), policy, late=False)
    assert outcome is not None
    assert ("style", "c0") in [(reason.rule, reason.content_id) for reason in outcome.reasons]
    assert outcome.complete is (status == STATUS_OK)
    # What the check did not judge stays the stage's on_incomplete.
    assert outcome.action is (Severity.REVIEW if outcome.complete else Severity.BLOCK)


def test_a_mention_is_no_request_for_a_style(policy: Policy) -> None:
    outcome = decide(contents(text()), seen(STATUS_OK, kind="artist", method="name"), policy, late=False)
    assert outcome is not None
    assert outcome.action is Severity.ALLOW


def test_an_abstaining_check_that_matches_known_material_decides_at_once(policy: Policy) -> None:
    outcome = decide(contents(text()), seen(STATUS_ABSTAIN, kind="csam", method="sha256"), policy, late=False)
    assert outcome is not None
    assert outcome.reports == ("known-csam",)


def test_what_a_check_that_failed_says_is_not_seen(policy: Policy) -> None:
    outcome = decide(contents(text()), seen(STATUS_ERROR, kind="artist", method="style"), policy, late=True)
    assert outcome is not None
    assert [reason.rule for reason in outcome.reasons] == ["incomplete"]
