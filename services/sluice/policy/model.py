"""What a policy says, once it has been read and found good."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import cel

from sluice.categories import CATEGORIES
from sluice.policy.plan import Plan, plan
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, ACTION_REVIEW
from sluice.v1.request_pb2 import Stage

MOST_DEADLINE_MS = 300_000
"""No policy may let a request wait longer: it holds up the orchestrator's low-water mark for as long."""


class Severity(IntEnum):
    """What a rule does, in order of severity; the numbers are the contract's `Action`."""

    ALLOW = ACTION_ALLOW
    REVIEW = ACTION_REVIEW
    BLOCK = ACTION_BLOCK


@dataclass(frozen=True, slots=True)
class StagePolicy:
    """What one stage asks for. `checks`: role number -> names of the checks that must answer OK."""

    deadline_ms: int
    max_deadline_ms: int
    on_incomplete: Severity
    checks: Mapping[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `labels` are put on the decision when it fires; `cites`: ids of the published cards' statements.

    `line`: where it stands in its file, from 1. `plan`: the condition without CEL, where it is plain enough; made
    from `when`.
    """

    id: str
    action: Severity
    when: str
    program: cel.Program
    terminal: bool = False
    report: bool = False
    labels: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)
    plan: Plan | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plan", plan(self.when, frozenset(CATEGORIES)))


def is_about_known_csam(when: str) -> bool:
    """Whether a condition is the one that no policy can leave out; it is false until a check has answered."""
    return re.sub(r"\s", "", when) == "contents.exists(c,c.known_csam)"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy file. `digest`: SHA-256 of the file's bytes, 32 bytes; it is on every decision.

    `terminal`, `ordinary`: the rules that decide at once and the others, each in the file's order.
    `own_checks`: the operator's own -> the categories that they score.
    `speaks_first`: a terminal rule may fire before any check has answered.
    """

    version: str
    digest: bytes
    stages: Mapping[Stage.ValueType, StagePolicy]
    rules: tuple[Rule, ...]
    thresholds: Mapping[str, Mapping[str, float]]
    require: tuple[str, ...] = ()
    require_generation_id: bool = False
    own_checks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    terminal: tuple[Rule, ...] = field(init=False, repr=False, compare=False)
    ordinary: tuple[Rule, ...] = field(init=False, repr=False, compare=False)
    speaks_first: bool = field(init=False, repr=False, compare=False)
    _bands: Mapping[str, Mapping[str, float]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        default = self.thresholds.get("default", {})
        object.__setattr__(self, "terminal", tuple(rule for rule in self.rules if rule.terminal))
        object.__setattr__(self, "ordinary", tuple(rule for rule in self.rules if not rule.terminal))
        speaks_first = not all(is_about_known_csam(rule.when) for rule in self.terminal)
        object.__setattr__(self, "speaks_first", speaks_first)
        object.__setattr__(self, "_bands", {band: {**default, **own} for band, own in self.thresholds.items()})

    def thresholds_of(self, age_band: str) -> Mapping[str, float]:
        """Every category's threshold for an age band; `default` where the band has none of its own."""
        return self._bands.get(age_band) or self._bands["default"]

    def threshold(self, category: str, age_band: str) -> float:
        """The category's threshold for an age band; `default` where the band has none of its own."""
        own = self.thresholds.get(age_band, {}).get(category)
        return self.thresholds["default"][category] if own is None else own

    def required_checks(self) -> frozenset[str]:
        """Every check that some content needs."""
        return frozenset(name for stage in self.stages.values() for names in stage.checks.values() for name in names)
