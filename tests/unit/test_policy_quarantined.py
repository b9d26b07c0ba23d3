"""A rule can tell a match of an entry in quarantine from others."""

from pathlib import Path

import pytest

from sluice.policy.facts import Answer, Facts, content_facts, highest
from sluice.policy.load import load
from sluice.policy.view import RuleView
from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult
from tests.unit.test_policy_load import FLOOR, write


@pytest.mark.parametrize("quarantined", [True, False])
def test_a_quarantined_match_is_seen_as_one(tmp_path: Path, quarantined: bool) -> None:
    rule = "- {id: look, action: REVIEW, when: 'contents.exists(c, c.matches.exists(m, m.quarantined))'}"
    policy = load(write(tmp_path, f"{FLOOR}\n  {rule}"))
    result = ContentResult(content_id="c0", status=STATUS_OK)
    result.matches.add(list="partner", entry="1", kind="terror", method="pdq", quarantined=quarantined)
    answers = [Answer("hash", "c0", result, {})]
    contents = [content_facts("c0", "UPLOAD", "image", answers)]
    facts = Facts("PROMPT", "GENERATE", "ADULT", "", contents, contents, [], highest(answers), {})
    fired = [rule.id for rule, _ in RuleView(facts, answers).fired(policy.rules)]
    assert ("look" in fired) is quarantined
