"""Examples that come out differently under two policies."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sluice.policy.decider import Decide
from sluice.policy.examples import Example, read_examples
from sluice.policy.model import Policy
from sluice.policy.tried import try_example


@dataclass(frozen=True, slots=True)
class Flip:
    """An example, what the two policies make of it, and which rules fire under one of them alone."""

    example: Example
    old_action: str
    new_action: str
    only_old: Sequence[str]
    only_new: Sequence[str]


def flips(folder: Path, old: Policy, new: Policy, decide: Decide) -> tuple[Sequence[Flip], int]:
    """The examples of a folder that come out differently, those with another action first; and how many there are.

    Examples may name rules and checks of either. ConfigError with every problem of the files.
    """
    examples = read_examples(folder, _either(old, new))
    found = []
    for example in examples:
        was, now = try_example(example, old, decide), try_example(example, new, decide)
        only_old = [rule for rule in was.fired if rule not in now.fired]
        only_new = [rule for rule in now.fired if rule not in was.fired]
        if was.action != now.action or only_old or only_new:
            found.append(Flip(example, was.action, now.action, only_old, only_new))
    return sorted(found, key=lambda flip: flip.old_action == flip.new_action), len(examples)


def _either(old: Policy, new: Policy) -> Policy:
    """A policy that knows the names of both: for reading examples, never for deciding."""
    known = {rule.id for rule in new.rules}
    checks = dict.fromkeys((*old.required_checks(), *old.own_checks), ())
    rules = (*new.rules, *(rule for rule in old.rules if rule.id not in known))
    return replace(new, rules=rules, own_checks={**checks, **new.own_checks})
