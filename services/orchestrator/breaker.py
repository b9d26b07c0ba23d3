"""Circuit breakers: which of them are open, from what was decided before. Pure: time is the log's.

A rule or a tenant whose share of automatic BLOCKs is a multiple of what is usual for it is more often a mistake of
ours (a new model, a threshold, a list) than a change of the world. While its breaker is open, its BLOCKs are REVIEW:
a person looks, and nothing is set free. Rules about child safety have no breaker.

A partition has breakers of its own. Which of them were open is recorded on each decision, as an input of it: a replay
takes it from there, so a breaker's state need not be the same twice.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from orchestrator.tally import Slots, Tally
from sluice.policy.model import BreakerPolicy, Policy, Rule, Severity
from sluice.v1.decision_pb2 import ACTION_BLOCK, Reason

RULE_FAILED = "rule failed: "
"""How the reason of a rule that could not be evaluated begins. It is no BLOCK that a breaker counts or softens."""
MOST_TENANTS = 1000
"""Tenants of a partition that are counted: those heard of last. The others' BLOCKs stay BLOCKs."""
_RULE = "rule:"
_TENANT = "tenant:"


def rule_key(rule_id: str) -> str:
    """The breaker of a rule, as decisions record it."""
    return _RULE + rule_id


def tenant_key(tenant: str) -> str:
    """The breaker of a tenant, as decisions record it."""
    return _TENANT + tenant


def breakable(rule: Rule) -> bool:
    """Whether a breaker may soften it: a BLOCK that is not about child safety."""
    return rule.action is Severity.BLOCK and not rule.child_safety


@dataclass(frozen=True, slots=True)
class Turned:
    """A breaker opened or closed. `rule`: empty for a tenant's, which is not named in logs.

    `blocks`: BLOCKs of the last window, those that were softened included; `decisions`: all that they are a share of.
    """

    rule: str
    opened: bool
    blocks: int
    decisions: int

    @property
    def kind(self) -> str:
        """Whose breaker it is: "rule" or "tenant"."""
        return "rule" if self.rule else "tenant"


@dataclass(slots=True)
class _Counted:
    """A rule or a tenant: its BLOCKs, and the decisions that they are a share of. `open_until_ms`: 0 while closed."""

    rule: str
    decisions: Tally
    blocks: Tally
    open_until_ms: int = 0


class Breakers:
    """The breakers of one partition.

    Time is the latest append time of a contents record that was seen. Only decisions that could have been a rule's
    BLOCK count: those that are complete, and those that are one.
    """

    def __init__(self, breaker: BreakerPolicy, rules: Iterable[Rule]) -> None:
        """`rules`: the policy's."""
        self._breaker = breaker
        self._breakable = frozenset(rule.id for rule in rules if breakable(rule))
        self._slots = Slots(breaker.window_ms, breaker.usual_ms)
        self._decisions = Tally(self._slots)
        self._rules: dict[str, _Counted] = {}
        self._tenants: OrderedDict[str, _Counted] = OrderedDict()
        self._open: dict[str, _Counted] = {}
        self._now_ms = 0
        self._turned: list[Turned] = []

    def adopt(self, breaker: BreakerPolicy, rules: Iterable[Rule]) -> None:
        """Goes on under another policy with the same window and usual time. Breakers of rules that are gone close."""
        self._breaker = breaker
        self._breakable = frozenset(rule.id for rule in rules if breakable(rule))
        for rule in self._rules.keys() - self._breakable:
            self._close(rule_key(rule))
            del self._rules[rule]

    def counts_alike(self, breaker: BreakerPolicy) -> bool:
        """Whether what was counted so far is of use under another policy."""
        ours = self._breaker
        return (ours.window_ms, ours.usual_ms) == (breaker.window_ms, breaker.usual_ms)

    def open_for(self, tenant: str, at_ms: int) -> tuple[str, ...]:
        """Open breakers that can soften a BLOCK of this tenant's request, sorted. `at_ms`: its append time."""
        now = self._now_ms = max(self._now_ms, at_ms)
        found = self._open
        if not found:
            return ()
        for key, counted in [*found.items()]:
            if counted.open_until_ms <= now:
                self._judge_anew(key, counted)
        own = tenant_key(tenant)
        return tuple(sorted(key for key in found if key == own or key.startswith(_RULE)))

    def observe(self, at_ms: int, tenant: str, complete: bool, reasons: Sequence[Reason]) -> None:
        """A request was decided. `at_ms`: the append time of its contents record. `tenant`: empty for none."""
        blocks = self._blocks(reasons) if reasons else ()
        if not blocks and not complete:
            return
        self._now_ms = max(self._now_ms, at_ms)
        slot = self._now_ms // self._slots.ms
        self._decisions.add(slot)
        of_tenant = self._tenant(tenant) if tenant else None
        if of_tenant is not None:
            of_tenant.decisions.add(slot)
        if not blocks:
            return
        for rule in blocks:
            of_rule = self._rules.get(rule)
            if of_rule is None:
                of_rule = self._rules[rule] = _Counted(rule, self._decisions, Tally(self._slots))
            of_rule.blocks.add(slot)
            self._judge(rule_key(rule), of_rule)
        if of_tenant is not None:
            of_tenant.blocks.add(slot)
            self._judge(tenant_key(tenant), of_tenant)

    def open_count(self) -> int:
        """How many are open."""
        return len(self._open)

    def turned(self) -> list[Turned]:
        """What opened or closed since this was asked last."""
        found = self._turned
        if found:
            self._turned = []
        return found

    def _blocks(self, reasons: Sequence[Reason]) -> Collection[str]:
        """Breakable rules that fired, each once, whether or not a breaker softened them."""
        found: list[str] = []
        for reason in reasons:
            rule = reason.rule
            if rule in self._breakable and rule not in found:
                blocks = reason.action == ACTION_BLOCK and not reason.detail.startswith(RULE_FAILED)
                if blocks or reason.breaker:
                    found.append(rule)
        return found

    def _tenant(self, tenant: str) -> _Counted:
        found = self._tenants.get(tenant)
        if found is not None:
            self._tenants.move_to_end(tenant)
            return found
        if len(self._tenants) >= MOST_TENANTS:
            oldest, _ = self._tenants.popitem(last=False)
            self._close(tenant_key(oldest))
        found = self._tenants[tenant] = _Counted("", Tally(self._slots), Tally(self._slots))
        return found

    def _judge(self, key: str, counted: _Counted) -> None:
        if counted.open_until_ms == 0 and self._is_unusual(counted):
            counted.open_until_ms = self._now_ms + self._breaker.hold_ms
            self._open[key] = counted
            self._tell(counted, opened=True)

    def _judge_anew(self, key: str, counted: _Counted) -> None:
        slot = self._now_ms // self._slots.ms
        counted.blocks.forward(slot)
        counted.decisions.forward(slot)
        if self._is_unusual(counted):
            counted.open_until_ms = self._now_ms + self._breaker.hold_ms
        else:
            self._close(key)

    def _is_unusual(self, counted: _Counted) -> bool:
        breaker, blocks, decisions = self._breaker, counted.blocks, counted.decisions
        if blocks.recent < breaker.least or decisions.usual < breaker.least:
            return False
        # Of what never happened, once is usual: a share of nothing has no multiple.
        usual = max(1, blocks.usual)
        return blocks.recent * decisions.usual > breaker.times * usual * decisions.recent

    def _close(self, key: str) -> None:
        counted = self._open.pop(key, None)
        if counted is not None:
            counted.open_until_ms = 0
            self._tell(counted, opened=False)

    def _tell(self, counted: _Counted, opened: bool) -> None:
        self._turned.append(Turned(counted.rule, opened, counted.blocks.recent, counted.decisions.recent))


def breakers_of(policy: Policy, before: Breakers | None = None) -> Breakers | None:
    """The breakers of a partition under a policy; None where it has none. `before`: those that it had so far."""
    breaker = policy.breaker
    if breaker is None:
        return None
    if before is None or not before.counts_alike(breaker):
        return Breakers(breaker, policy.rules)
    before.adopt(breaker, policy.rules)
    return before
