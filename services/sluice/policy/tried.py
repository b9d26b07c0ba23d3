"""Examples, decided as the orchestrator decides, and which rules they try."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sluice.policy.decider import Decide
from sluice.policy.examples import Example
from sluice.policy.made import contents_of, verdicts_of
from sluice.policy.model import Policy, Rule, Severity
from sluice.v1.decision_pb2 import Reason


@dataclass(frozen=True, slots=True)
class Tried:
    """An example and what came of it. `differs`: what is not as it should be; empty where all is."""

    example: Example
    action: str
    fired: Sequence[str]
    differs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many examples fire a rule, and how many are near misses: they say that it must stay quiet, and it does."""

    rule: Rule
    fire: int
    quiet: int

    @property
    def lacks(self) -> Sequence[str]:
        """What is missing."""
        return [
            what for count, what in ((self.fire, "no example fires it"), (self.quiet, "no near miss")) if not count
        ]


def try_example(example: Example, policy: Policy, decide: Decide) -> Tried:
    """One example, decided."""
    outcome = decide(contents_of(example), verdicts_of(example, policy), policy, True)
    if outcome is None:
        return Tried(example, "", (), ["no decision came"])
    fired = list(dict.fromkeys(reason.rule for reason in outcome.reasons))
    action = Severity(outcome.action).name
    return Tried(example, action, fired, list(_differs(example, action, outcome.reasons)))


def coverage(policy: Policy, tried: Sequence[Tried]) -> Sequence[Coverage]:
    """Each rule of the policy, in its order. Examples that fail count for nothing."""
    good = [one.example for one in tried if not one.differs]
    return [
        Coverage(rule, sum(rule.id in one.fires for one in good), sum(rule.id in one.quiet for one in good))
        for rule in policy.rules
    ]


def _differs(example: Example, action: str, reasons: Sequence[Reason]) -> Iterator[str]:
    if action != example.action:
        yield f"action is {action}, should be {example.action}"
    fired = {reason.rule: reason for reason in reasons}
    for rule in example.fires:
        if rule not in fired:
            yield f"{rule} did not fire"
    for rule in example.quiet:
        if rule in fired:
            yield f"{rule} fired{_because(fired[rule])}"
    if action != example.action:
        for rule in fired.keys() - {*example.fires, *example.quiet}:
            yield f"{rule} fired{_because(fired[rule])}"


def _because(reason: Reason) -> str:
    score = f"{reason.category} {reason.score:g}, threshold {reason.threshold:g}" if reason.category else ""
    said = "; ".join(word for word in (score, reason.detail) if word)
    return f" ({said})" if said else ""
