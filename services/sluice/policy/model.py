"""What a policy says, once it has been read and found good."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import cel

from sluice.categories import CATEGORIES
from sluice.policy.facts import FUNCTIONS
from sluice.policy.plan import Plan, guard, plan
from sluice.policy.thresholds import ByPlace, Table, by_place
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, ACTION_REVIEW
from sluice.v1.request_pb2 import Stage

MOST_DEADLINE_MS = 300_000
"""No policy may let a request wait longer: it holds up the orchestrator's low-water mark for as long."""
MIN_DEADLINE_MS = 1000
"""The least that a request gets where a policy does not say, nor its deadline is shorter. Strangers who ask for less
than checks take would make those look sick."""


class Severity(IntEnum):
    """What a rule does, in order of severity; the numbers are the contract's `Action`."""

    ALLOW = ACTION_ALLOW
    REVIEW = ACTION_REVIEW
    BLOCK = ACTION_BLOCK


@dataclass(frozen=True, slots=True)
class StagePolicy:
    """What one stage asks for. `checks`: role number -> names of the checks that must answer OK.

    `deadline_ms` is for a request that does not ask for another; one that does gets `min_deadline_ms` at least and
    `max_deadline_ms` at most.
    """

    deadline_ms: int
    max_deadline_ms: int
    on_incomplete: Severity
    checks: Mapping[int, tuple[str, ...]]
    min_deadline_ms: int = 0

    def allowed_ms(self, asked_ms: int) -> int:
        """How long a request has that asks for so many milliseconds; 0: it does not ask."""
        return min(max(asked_ms or self.deadline_ms, self.min_deadline_ms), self.max_deadline_ms)


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When automatic BLOCKs of a rule or a tenant become REVIEW: `times` as many as usual, and `least` at least.

    BLOCKs are counted over `window_ms`; what is usual is their rate over `usual_ms`. `hold_ms`: how long it stays so.
    """

    times: float = 10.0
    least: int = 50
    window_ms: int = 60_000
    usual_ms: int = 3_600_000
    hold_ms: int = 300_000


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `labels` are put on the decision when it fires; `cites`: ids of the published cards' statements.

    `child_safety`: no breaker ever softens it; so it is with every rule that is terminal or reported.
    `line`: where it stands in its file, from 1. `plan`: the condition without CEL, where it is plain enough;
    `guard`: else, what is plain of it and must hold. `asks`: it may ask for scores or thresholds of the request. All
    three are made from `when`.
    """

    id: str
    action: Severity
    when: str
    program: cel.Program
    terminal: bool = False
    report: bool = False
    labels: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    child_safety: bool = False
    line: int = field(default=0, compare=False)
    plan: Plan | None = field(init=False, repr=False, compare=False)
    guard: Plan | None = field(init=False, repr=False, compare=False)
    asks: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "child_safety", self.child_safety or self.terminal or self.report)
        categories = frozenset(CATEGORIES)
        planned = plan(self.when, categories)
        object.__setattr__(self, "plan", planned)
        object.__setattr__(self, "asks", any(name in self.when for name in FUNCTIONS))
        object.__setattr__(self, "guard", guard(self.when, categories) if planned is None else None)


def is_about_known_csam(when: str) -> bool:
    """Whether a condition is the one that no policy can leave out; it is false until a check has answered."""
    return re.sub(r"\s", "", when) == "contents.exists(c,c.known_csam)"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy file. `digest`: SHA-256 of the file's bytes, 32 bytes; it is on every decision.

    `thresholds`: the file's table; `tenants`: tenant -> its own. `breaker`: None where no breaker softens anything.
    `terminal`, `ordinary`: the rules that decide at once and the others, each in the file's order.
    `own_checks`: the operator's own -> the categories that they score.
    `speaks_first`: a terminal rule may fire before any check has answered.
    """

    version: str
    digest: bytes
    stages: Mapping[Stage.ValueType, StagePolicy]
    rules: tuple[Rule, ...]
    thresholds: Table
    require: tuple[str, ...] = ()
    require_generation_id: bool = False
    own_checks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tenants: Mapping[str, Table] = field(default_factory=dict)
    breaker: BreakerPolicy | None = None
    terminal: tuple[Rule, ...] = field(init=False, repr=False, compare=False)
    ordinary: tuple[Rule, ...] = field(init=False, repr=False, compare=False)
    speaks_first: bool = field(init=False, repr=False, compare=False)
    _of_all: ByPlace = field(init=False, repr=False, compare=False)
    _of_tenant: Mapping[str, ByPlace] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "terminal", tuple(rule for rule in self.rules if rule.terminal))
        object.__setattr__(self, "ordinary", tuple(rule for rule in self.rules if not rule.terminal))
        speaks_first = not all(is_about_known_csam(rule.when) for rule in self.terminal)
        object.__setattr__(self, "speaks_first", speaks_first)
        object.__setattr__(self, "_of_all", by_place(self.thresholds, {}))
        own = {tenant: by_place(self.thresholds, table) for tenant, table in self.tenants.items()}
        object.__setattr__(self, "_of_tenant", own)

    def thresholds_of(self, age_band: str, stage: str = "", tenant: str = "") -> Mapping[str, float]:
        """Every threshold that holds for a request: name -> value, from 0 to 1.

        `stage`: "PROMPT" or "OUTPUT"; without it, what is said for one stage alone is not seen.
        """
        places = self._of_tenant.get(tenant, self._of_all)
        found = places.get((age_band, stage))
        if found is not None:
            return found
        # A band or a stage that is newer than this code has no entries of its own.
        return places.get(("UNKNOWN", stage)) or places["UNKNOWN", ""]

    def threshold(self, name: str, age_band: str, stage: str = "", tenant: str = "") -> float:
        """One of them. KeyError where no table of the file names it."""
        return self.thresholds_of(age_band, stage, tenant)[name]

    def required_checks(self) -> frozenset[str]:
        """Every check that some content needs."""
        return frozenset(name for stage in self.stages.values() for names in stage.checks.values() for name in names)
