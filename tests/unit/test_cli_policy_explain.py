"""`sluice policy explain`: what is shown of a decision. Finding it: tests/integration/test_reviews_command.py."""

from pathlib import Path

import pytest

from sluice.cli.policy_explain import explained_json, show, which_policy
from sluice.policy.explained import times
from sluice.policy.load import load
from sluice.v1.decision_pb2 import ACTION_BLOCK, Decision, Input, Reason
from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult, Model
from tests.unit.build import REQUEST_ID
from tests.unit.test_policy_load import DEFAULT

POLICY = load(DEFAULT)


def decision(digest: bytes = POLICY.digest) -> Decision:
    result = ContentResult(content_id="c0", status=STATUS_OK, scores={"violence": 0.93, "hate": 0.2})
    seen = Input(check="text", results=[result], models=[Model(name="harm", version="3")], appended_at_ms=2300)
    reason = Reason(rule="violence", category="violence", score=0.93, threshold=0.5, action=ACTION_BLOCK)
    reason.check, reason.content_id = "text", "c0"
    return Decision(
        request_id=REQUEST_ID,
        action=ACTION_BLOCK,
        complete=True,
        tenant="stu\x1bdio",
        reasons=[reason],
        inputs=[seen],
        policy_version=POLICY.version,
        policy_digest=digest,
        requested_at_ms=2000,
        prepared_at_ms=2100,
        deadline_at_ms=7000,
        decided_at_ms=2400,
    )


def test_the_file_that_decided_explains_with_its_own_words() -> None:
    policy, about = which_policy(decision(), DEFAULT)
    assert policy is not None
    assert policy.digest == POLICY.digest
    assert about.endswith(f"{DEFAULT} is the same.")
    form = explained_json(decision(), policy, about)
    assert (form["action"], form["same_policy"]) == ("BLOCK", True)
    assert form["reasons"] == [
        "violence 0.93 from `text` on c0 reached the threshold 0.50 of rule violence (cites I18): BLOCK."
    ]
    assert form["near_misses"] == [
        {"category": "hate", "score": 0.2, "threshold": 0.5, "check": "text", "content": "c0"}
    ]


def test_another_file_does_not(tmp_path: Path) -> None:
    policy, about = which_policy(decision(bytes(32)), DEFAULT)
    assert policy is None
    assert f"{DEFAULT} is another (version {POLICY.version}" in about
    policy, about = which_policy(decision(), tmp_path / "gone.yaml")
    assert policy is None
    assert "cannot be read" in about
    form = explained_json(decision(), None, about)
    assert form["reasons"] == ["violence 0.93 from `text` on c0 reached the threshold 0.50 of rule violence: BLOCK."]
    assert [one["threshold"] for one in form["near_misses"]] == [None]  # type: ignore[attr-defined] # a list of objects


def test_times_are_told_from_when_it_was_asked() -> None:
    assert times(decision()) == [
        "Asked at 1970-01-01T00:00:02Z.",
        "Read by ingest after 100 ms.",
        "`text` answered after 300 ms.",
        "Decided after 400 ms (deadline: 5000 ms).",
    ]


def test_on_a_terminal_under_heads(capsys: pytest.CaptureFixture[str]) -> None:
    show(decision(), POLICY, "which one")
    lines = capsys.readouterr().out.splitlines()
    heads = [line for line in lines if not line.startswith(" ")]
    assert heads == [f"BLOCK {REQUEST_ID}", "Why", "Near misses", "Policy", "Models", "Times"]
    assert "stu\\x1bdio" in lines[1]
    show(decision(), None, "which one")
    assert "Other scores" in capsys.readouterr().out.splitlines()
