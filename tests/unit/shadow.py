"""A live policy, a stricter one, and decisions of the live one, for tests of the shadow."""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import cel

from orchestrator.decide import decide
from orchestrator.outputs import Seen, outputs
from sluice.policy.load import load
from sluice.policy.model import Policy, Rule, Severity, StagePolicy
from sluice.v1.decision_pb2 import Decision
from sluice.v1.request_pb2 import ROLE_PROMPT, STAGE_PROMPT
from sluice.v1.verdict_pb2 import Verdict
from tests.unit.build import REQUEST_ID, contents, result, text, verdict

_DEFAULT = load(Path(__file__).parents[2] / "policies" / "default.yaml")


def policy(version: str, hate: float = 0.8, checks: Sequence[str] = ("text",), name: str = "violence") -> Policy:
    """A policy of two rules; what is not said is as in the live one."""
    rules = (
        ("hate", Severity.BLOCK, f'score("hate") >= {hate}'),
        (name, Severity.REVIEW, 'score("violence") >= 0.5'),
    )
    return dataclasses.replace(
        _DEFAULT,
        version=version,
        digest=hashlib.sha256(version.encode()).digest(),
        stages={STAGE_PROMPT: StagePolicy(5000, 60_000, Severity.REVIEW, {ROLE_PROMPT: tuple(checks)})},
        rules=tuple(Rule(rule, action, when, cel.compile(when)) for rule, action, when in rules),
    )


LIVE = policy("live")
STRICTER = policy("stricter", hate=0.3)


def decided(scores: Mapping[str, float] | None, live: Policy = LIVE) -> Decision:
    """The live policy's decision of a prompt with these scores; None: the check did not answer in time."""
    asked = contents(text())
    verdicts: dict[str, Verdict] = {}
    if scores is not None:
        verdicts["text"] = verdict("text", result(scores=scores))
    outcome = decide(asked, verdicts, live, late=True)
    assert outcome is not None
    assert asked.request_id == REQUEST_ID
    seen = {check: Seen(found, 0, 1500) for check, found in verdicts.items()}
    decision = outputs(asked, 7, 1100, seen, outcome, live).decision
    decision.decided_at_ms = 3000
    return decision
