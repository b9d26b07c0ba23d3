"""Which categories somebody scores, and which rules wait for one that nobody does."""

from collections.abc import Collection, Iterator
from pathlib import Path

from sluice.models import repository
from sluice.policy.condition import categories_of
from sluice.policy.model import Policy


def provided(models: Path, policy: Policy) -> frozenset[str]:
    """The categories that the cards of the model repository and the policy's own checks name."""
    own = {category for scored in policy.own_checks.values() for category in scored}
    cards = [repository.inspect(models, name).card for name in repository.names(models)]
    return frozenset(own.union(*(card.scores for card in cards if card is not None)))


def silent(policy: Policy, scored: Collection[str]) -> Iterator[tuple[int, str]]:
    """Line and warning for each rule about a category that nothing provides: such a rule never fires."""
    for rule in policy.rules:
        for category in sorted(categories_of(rule.when) - set(scored)):
            yield rule.line, f"rule {rule.id!r} is about {category!r}, which nothing provides"


def unheeded(policy: Policy, scored: Collection[str]) -> Iterator[str]:
    """What is said of each category that something scores and no rule asks for: its scores come to nothing."""
    asked = {category for rule in policy.rules for category in categories_of(rule.when)}
    for category in sorted(set(scored) - asked):
        yield f"{category!r} is scored, and no rule asks for it"


def required_in_vain(policy: Policy, scored: Collection[str]) -> Iterator[str]:
    """What is wrong with `require`: a category that nothing provides leaves every decision incomplete."""
    for category in policy.require:
        if category not in scored:
            yield f"require: {category!r} is required, and nothing provides it"
