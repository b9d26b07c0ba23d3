"""Decisions in numbers. What a transaction holds is counted when it is final, and not at all where it was aborted.

The loop makes thousands of decisions a second, so that one decision is two notes in plain containers; the metrics
themselves are touched once for each transaction, but for the times that decisions took.
"""

from collections.abc import Mapping
from typing import Final

from orchestrator.breaker import breakable
from orchestrator.telling import OPENED
from sluice.bus.topics import Topic
from sluice.host.record_counts import buried_counters, reason_names
from sluice.policy.model import Policy
from sluice.telemetry.metrics import Adds, Metrics, Observes
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Action, Decision
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE, STAGE_OUTPUT, STAGE_PROMPT, Stage

INCOMPLETE: Final = "incomplete"
"""The rule of a reason that says what was missing."""
OVERLOADED: Final = "overloaded"
UNPROCESSABLE: Final = "unprocessable"
"""Other rules of the loop itself."""
MISSING: Final = "missing"
REASONS: Final = ("timeout", "error", "abstain", MISSING)
"""Why an answer did not count; missing: there was none before the deadline."""

_BY_WORD: Final = {"TIMEOUT": "timeout", "ABSTAIN": "abstain", "abstained": "abstain", "no": MISSING}
"""By the first word of what a decision says of it; every other is an error."""
_STAGES: Final = (STAGE_PROMPT, STAGE_OUTPUT)
_STAGE_NAMES: Final[Mapping[int, str]] = {
    number: name.removeprefix("STAGE_") for name, number in Stage.items() if number in _STAGES
}
_ACTION_NAMES: Final[Mapping[int, str]] = {
    number: name.removeprefix("ACTION_") for name, number in Action.items() if number
}
_UNKNOWN: Final = "UNKNOWN"
"""A stage that a stranger made up: those are many, and are one here."""
_READS: Final = tuple(map(str, (Topic.CONTENTS, Topic.CONTENTS_BULK, Topic.VERDICTS)))
_Labels = tuple[str, str, str]


class Counts:
    """Used on the decision loop's thread."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._decided: dict[tuple[int, int, bool], int] = {}
        self._took: list[tuple[int, int, int]] = []
        self._rules: dict[tuple[int, str, int], int] = {}
        self._gaps: dict[tuple[int, str, str], int] = {}
        self._letters: list[tuple[str, str]] = []
        self._adds: dict[tuple[str, _Labels], Adds] = {}
        self._seconds: dict[tuple[str, str], Observes] = {}
        self._buried = buried_counters(metrics, _READS, reason_names())
        for stage in _STAGES:
            for lane in (LANE_INTERACTIVE, LANE_BULK):
                self._histogram(stage, lane)
            for action in _ACTION_NAMES:
                for complete in (True, False):
                    if complete or action != ACTION_ALLOW:
                        self._decisions(stage, action, complete)

    def begin(self, policy: Policy) -> None:
        """Counts from 0 what this policy's rules and checks may be counted for. May be called on any thread."""
        for stage, rules in policy.stages.items():
            for check in sorted({check for checks in rules.checks.values() for check in checks}):
                for reason in REASONS:
                    self._incomplete(stage, check, reason)
            for own in (INCOMPLETE, OVERLOADED):
                self._rule(stage, own, rules.on_incomplete.value)
            self._rule(stage, UNPROCESSABLE, ACTION_BLOCK)
            for rule in policy.rules:
                self._rule(stage, rule.id, rule.action.value)
        if policy.breaker is not None:
            self._metrics.counter(*OPENED, {"kind": "tenant", "rule": ""})
            for rule in filter(breakable, policy.rules):
                self._metrics.counter(*OPENED, {"kind": "rule", "rule": rule.id})

    def decided(self, decision: Decision) -> None:
        """A decision is in the transaction."""
        stage, complete = decision.stage, decision.complete
        key = stage, decision.action, complete
        self._decided[key] = self._decided.get(key, 0) + 1
        self._took.append((stage, decision.lane, decision.decided_at_ms - decision.requested_at_ms))
        # A copy by slicing: iterating over a repeated field takes several times as long.
        reasons = decision.reasons[:]
        if not reasons:
            return
        for rule in {(stage, reason.rule, reason.action) for reason in reasons}:
            self._rules[rule] = self._rules.get(rule, 0) + 1
        if complete:
            return
        gaps = [reason for reason in reasons if reason.rule == INCOMPLETE]
        for gap in {(stage, reason.check, why_incomplete(reason.check, reason.detail)) for reason in gaps}:
            self._gaps[gap] = self._gaps.get(gap, 0) + 1

    def buried(self, topic: str, reason: str) -> None:
        """A dead letter is in the transaction, for a record of `topic`."""
        self._letters.append((topic, reason))

    def final(self) -> None:
        """The transaction is committed."""
        for (stage, action, complete), count in self._decided.items():
            self._decisions(stage, action, complete).inc(count)
        for (stage, rule, action), count in self._rules.items():
            self._rule(stage, rule, action).inc(count)
        for (stage, check, reason), count in self._gaps.items():
            self._incomplete(stage, check, reason).inc(count)
        for stage, lane, milliseconds in self._took:
            # The broker's clock, and ours.
            self._histogram(stage, lane).observe(max(0, milliseconds) / 1000)
        for letter in self._letters:
            self._buried[letter].inc()
        self.forget()

    def forget(self) -> None:
        """The transaction was aborted: nothing of it has happened."""
        self._decided.clear()
        self._took.clear()
        self._rules.clear()
        self._gaps.clear()
        self._letters.clear()

    def _decisions(self, stage: int, action: int, complete: bool) -> Adds:
        values = stage_name(stage), _ACTION_NAMES.get(action, _UNKNOWN), str(complete).lower()
        return self._counter("decisions", "Decisions.", ("stage", "action", "complete"), values)

    def _rule(self, stage: int, rule: str, action: int) -> Adds:
        about = "Decisions that a rule was a reason of, by what the rule asked for."
        values = stage_name(stage), rule, _ACTION_NAMES.get(action, _UNKNOWN)
        return self._counter("decision_rules", about, ("stage", "rule", "action"), values)

    def _incomplete(self, stage: int, check: str, reason: str) -> Adds:
        about = "Decisions without the answer of a check that they needed, and why."
        return self._counter("incomplete", about, ("stage", "check", "reason"), (stage_name(stage), check, reason))

    def _counter(self, name: str, about: str, labels: _Labels, values: _Labels) -> Adds:
        found = self._adds.get((name, values))
        if found is None:
            found = self._metrics.counter(name, about, dict(zip(labels, values, strict=True)))
            self._adds[name, values] = found
        return found

    def _histogram(self, stage: int, lane: int) -> Observes:
        # By name: strangers make up numbers, and there are as many of those.
        names = stage_name(stage), "bulk" if lane == LANE_BULK else "interactive"
        found = self._seconds.get(names)
        if found is None:
            about = "From the request's append to its decision."
            labels = dict(zip(("stage", "lane"), names, strict=True))
            found = self._metrics.histogram("decision_seconds", about, labels)
            self._seconds[names] = found
        return found


def why_incomplete(check: str, detail: str) -> str:
    """One of REASONS, from what a decision's reason says of it. `check`: empty where no check was asked."""
    return _BY_WORD.get(detail.partition(" ")[0], "error") if check else MISSING


def stage_name(stage: int) -> str:
    """PROMPT, OUTPUT or UNKNOWN."""
    return _STAGE_NAMES.get(stage, _UNKNOWN)
