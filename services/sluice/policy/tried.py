"""Examples, decided as the orchestrator decides, and which rules they try."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Protocol

from sluice.errors import NotReadyError
from sluice.policy.examples import Example
from sluice.policy.made import contents_of, verdicts_of
from sluice.policy.model import Policy, Rule, Severity
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import Reason
from sluice.v1.verdict_pb2 import Verdict


class Decided(Protocol):
    """A decision's substance."""

    @property
    def action(self) -> Severity:
        """What it comes to."""

    @property
    def reasons(self) -> Sequence[Reason]:
        """Every rule that fired."""


class Decide(Protocol):
    """`orchestrator.decide.decide`. With `late`, what is not there does not come: the answer is never None."""

    def __call__(
        self, contents: Contents, verdicts: Mapping[str, Verdict], policy: Policy, late: bool
    ) -> Decided | None:
        """The outcome of a request."""


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


def installed_decide() -> Decide:
    """The orchestrator's decision, which the kit does not know by import. NotReadyError where it is not installed."""
    for entry in entry_points(group="sluice.parts", name="decide"):
        found: Decide = entry.load()
        return found
    raise NotReadyError("the orchestrator is not installed: run `pip install .` in the checkout anew")


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
    if reason.detail:
        return f" ({reason.detail})"
    return f" ({reason.category} {reason.score:g}, threshold {reason.threshold:g})" if reason.category else ""
