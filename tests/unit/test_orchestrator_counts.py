"""Decisions in numbers: what is counted, when, and under which few names."""

import asyncio
import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator.counts import REASONS, Counts, why_incomplete
from orchestrator.decide import decide
from orchestrator.service import beginning
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.refreshed import Current
from sluice.telemetry.metrics import Metrics, Observes
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, ACTION_REVIEW, Decision, Reason
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE, LANE_UNSPECIFIED, STAGE_OUTPUT, STAGE_PROMPT
from sluice.v1.verdict_pb2 import STATUS_ABSTAIN, STATUS_ERROR, STATUS_OK, STATUS_TIMEOUT, Verdict
from tests.unit.build import contents, image, result, text, verdict
from tests.unit.metric_values import values
from tests.unit.test_orchestrator_pending_breakers import BREAKER


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(Path(__file__).parents[2] / "policies" / "default.yaml")


class Told:
    """Counts, and what Prometheus reads of them."""

    def __init__(self) -> None:
        self.metrics = Metrics("orchestrator")
        self.counts = Counts(self.metrics)

    def value(self, name: str, **labels: str) -> float | None:
        wanted = {"service": "orchestrator", **labels}
        for family in self.metrics.families():
            for sample in family.samples:
                if (sample.name, sample.labels) == (name, wanted):
                    return float(sample.value)
        return None

    def above(self, name: str) -> dict[tuple[str, ...], float]:
        """Values that are not 0, by those of the labels in the order of their names."""
        return values(self.metrics, name)


def decision(
    *reasons: Reason,
    action: int = ACTION_ALLOW,
    complete: bool = True,
    stage: int = STAGE_PROMPT,
    lane: int = LANE_INTERACTIVE,
) -> Decision:
    """One that took 1.5 seconds."""
    found = Decision(complete=complete, requested_at_ms=1000, decided_at_ms=2500, reasons=reasons)
    found.action, found.stage, found.lane = action, stage, lane  # type: ignore[assignment] # enums are numbers
    return found


BLOCKED = Reason(rule="sexual", action=ACTION_BLOCK, category="sexual", score=0.9)
GAPS = (
    Reason(rule="incomplete", action=ACTION_REVIEW, check="image", content_id="c1", detail="no answer in time"),
    Reason(rule="incomplete", action=ACTION_REVIEW, check="image", content_id="c2", detail="no answer in time"),
    Reason(rule="incomplete", action=ACTION_REVIEW, check="text", content_id="c0", detail="ERROR KeyError"),
)


def test_nothing_is_counted_before_the_transaction_is_final() -> None:
    told = Told()
    told.counts.decided(decision(BLOCKED, action=ACTION_BLOCK))
    told.counts.buried("moderation.contents", "CONFLICT")
    assert told.above("sluice_decisions_total") == told.above("sluice_dead_letters_total") == {}
    told.counts.final()
    assert told.above("sluice_decisions_total") == {("BLOCK", "true", "PROMPT"): 1}
    assert told.above("sluice_decision_rules_total") == {("BLOCK", "sexual", "PROMPT"): 1}
    assert told.above("sluice_dead_letters_total") == {("CONFLICT", "moderation.contents"): 1}
    told.counts.final()
    assert told.above("sluice_decisions_total") == {("BLOCK", "true", "PROMPT"): 1}


def test_what_was_aborted_has_not_happened() -> None:
    told = Told()
    told.counts.decided(decision(*GAPS, action=ACTION_REVIEW, complete=False))
    told.counts.buried("moderation.verdicts", "INTERNAL")
    told.counts.forget()
    told.counts.decided(decision(stage=STAGE_OUTPUT))
    told.counts.final()
    assert told.above("sluice_decisions_total") == {("ALLOW", "true", "OUTPUT"): 1}
    for name in ("decision_rules", "incomplete", "dead_letters"):
        assert told.above(f"sluice_{name}_total") == {}


def test_a_decision_counts_once_for_each_rule_and_each_check_that_was_missing() -> None:
    told = Told()
    told.counts.decided(decision(*GAPS, BLOCKED, action=ACTION_BLOCK, complete=False))
    told.counts.decided(decision(*GAPS[:1], action=ACTION_REVIEW, complete=False))
    told.counts.final()
    assert told.above("sluice_incomplete_total") == {
        ("image", "missing", "PROMPT"): 2,
        ("text", "error", "PROMPT"): 1,
    }
    rules = {("REVIEW", "incomplete", "PROMPT"): 2, ("BLOCK", "sexual", "PROMPT"): 1}
    assert told.above("sluice_decision_rules_total") == rules


def test_the_time_is_from_the_append_to_the_decision() -> None:
    told = Told()
    told.counts.decided(decision())
    early = decision()
    early.decided_at_ms = 990
    told.counts.decided(early)
    told.counts.final()
    assert told.value("sluice_decision_seconds_sum", stage="PROMPT", lane="interactive") == 1.5
    assert told.value("sluice_decision_seconds_bucket", stage="PROMPT", lane="interactive", le="0.005") == 1
    assert told.value("sluice_decision_seconds_bucket", stage="PROMPT", lane="interactive", le="2.0") == 2


def test_who_waits_and_who_does_not_are_told_apart() -> None:
    told = Told()
    for lane in (LANE_INTERACTIVE, LANE_BULK, LANE_BULK, LANE_UNSPECIFIED, 77):
        told.counts.decided(decision(stage=STAGE_OUTPUT, lane=lane))
    told.counts.final()
    assert told.above("sluice_decision_seconds_count") == {("interactive", "OUTPUT"): 3, ("bulk", "OUTPUT"): 2}


def test_made_up_stages_leave_nothing_behind_each(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    asked: list[Mapping[str, str] | None] = []
    real = Metrics.histogram

    def histogram(self: Metrics, name: str, about: str, labels: Mapping[str, str] | None = None) -> Observes:
        asked.append(labels)
        return real(self, name, about, labels)

    monkeypatch.setattr(Metrics, "histogram", histogram)
    for stage in range(70, 170):
        told.counts.decided(decision(action=ACTION_BLOCK, complete=False, stage=stage))
    told.counts.final()
    assert asked == [{"stage": "UNKNOWN", "lane": "interactive"}]


def test_a_stage_that_a_stranger_made_up_is_one_of_many() -> None:
    told = Told()
    for stage in (77, 78):
        told.counts.decided(decision(action=ACTION_BLOCK, complete=False, stage=stage))
    told.counts.final()
    assert told.above("sluice_decisions_total") == {("BLOCK", "false", "UNKNOWN"): 2}


def test_what_may_be_counted_is_there_from_the_start(policy: Policy) -> None:
    told = Told()
    assert told.value("sluice_decisions_total", stage="OUTPUT", action="BLOCK", complete="false") == 0
    assert told.value("sluice_decisions_total", stage="OUTPUT", action="ALLOW", complete="false") is None
    assert told.value("sluice_dead_letters_total", topic="moderation.verdicts", reason="INTERNAL") == 0
    told.counts.begin(policy)
    for reason in REASONS:
        assert told.value("sluice_incomplete_total", stage="PROMPT", check="text", reason=reason) == 0
    for rule in ("known-csam", "incomplete", "overloaded", "unprocessable"):
        assert told.value("sluice_decision_rules_total", stage="OUTPUT", rule=rule, action="BLOCK") == 0


def test_breakers_begin_at_nought_where_there_are_any(policy: Policy) -> None:
    told = Told()
    told.counts.begin(dataclasses.replace(policy, breaker=None))
    assert told.value("sluice_breaker_opened_total", kind="tenant", rule="") is None
    told.counts.begin(dataclasses.replace(policy, breaker=BREAKER))
    assert told.value("sluice_breaker_opened_total", kind="tenant", rule="") == 0
    assert told.value("sluice_breaker_opened_total", kind="rule", rule="sexual") == 0
    assert told.value("sluice_breaker_opened_total", kind="rule", rule="known-csam") is None


def why(asked: Contents, verdicts: dict[str, Verdict], policy: Policy) -> set[str]:
    """Why the text check's answer was missing, by what the decision says."""
    outcome = decide(asked, verdicts, policy, late=True)
    assert outcome is not None
    return {why_incomplete(one.check, one.detail) for one in outcome.reasons if one.rule == "incomplete"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [(STATUS_TIMEOUT, "timeout"), (STATUS_ERROR, "error"), (STATUS_ABSTAIN, "abstain"), (0, "error")],
)
def test_why_is_read_off_what_the_decision_says(status: int, expected: str, policy: Policy) -> None:
    assert why(contents(text()), {"text": verdict("text", result(status=status))}, policy) == {expected}


def test_a_wave_of_known_content_is_no_failure_of_the_checks_that_were_not_waited_for(policy: Policy) -> None:
    told = Told()
    matched = verdict("hash", result(csam=True))
    for late in (False, True):
        outcome = decide(contents(image()), {"hash": matched}, policy, late)
        assert outcome is not None
        told.counts.decided(decision(*outcome.reasons, action=ACTION_BLOCK, complete=outcome.complete))
    told.counts.final()
    assert told.above("sluice_decisions_total") == {("BLOCK", "false", "PROMPT"): 2}
    assert told.above("sluice_decision_rules_total") == {("BLOCK", "known-csam", "PROMPT"): 2}
    assert told.above("sluice_incomplete_total") == {}


def test_why_where_nothing_was_answered_or_asked(policy: Policy) -> None:
    assert why(contents(text()), {}, policy) == {"missing"}
    assert why(contents(), {}, policy) == {"missing"}
    nan = verdict("text", result(status=STATUS_OK, scores={"sexual": float("nan")}))
    assert why(contents(text()), {"text": nan}, policy) == {"error"}
    needs = dataclasses.replace(policy, require=("sexual",))
    abstained = verdict("text", result(abstained=("sexual",)))
    assert why(contents(text()), {"text": abstained}, needs) == {"abstain"}


async def test_a_policy_that_is_adopted_counts_from_nought_too(policy: Policy) -> None:
    told, current = Told(), Current(dataclasses.replace(policy, rules=()))
    async with beginning(told.counts, current):
        async with asyncio.timeout(60):
            while told.value("sluice_incomplete_total", stage="PROMPT", check="text", reason="error") is None:
                await asyncio.sleep(0.01)
        assert told.value("sluice_decision_rules_total", stage="PROMPT", rule="sexual", action="BLOCK") is None
        current.value = policy
        async with asyncio.timeout(60):
            while told.value("sluice_decision_rules_total", stage="PROMPT", rule="sexual", action="BLOCK") is None:
                await asyncio.sleep(0.01)
