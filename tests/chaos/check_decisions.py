"""One decision per request, about what was asked, and the one that the material should get."""

from collections.abc import Iterator

from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision
from tests.chaos.history import Asked, History
from tests.chaos.index import Index
from tests.chaos.objections import Kind, Objection


def check_decisions(history: History, index: Index) -> Iterator[Objection]:
    """Objections to the decisions as a set, and to each against what was asked."""
    for asked in history.asked.values():
        found = index.decisions_of(asked.request_id)
        if not found and asked.certain:
            yield Objection(Kind.LOST, asked.request_id, "no decision")
        if len(found) > 1:
            offsets = [(one.partition, one.offset, one.message.action) for one in found]
            yield Objection(Kind.DOUBLED, asked.request_id, f"(partition, offset, action): {offsets}")
        for decision in found:
            yield from _check(asked, decision.message)
    for logged in history.decisions:
        if logged.message.request_id not in history.asked:
            yield Objection(Kind.UNASKED, logged.message.request_id, "a decision that nobody asked for")


def _check(asked: Asked, decision: Decision) -> Iterator[Objection]:
    if decision.content_digest not in asked.digests:
        yield Objection(Kind.OTHER_CONTENT, asked.request_id, f"digest {decision.content_digest.hex()[:16]}")
    fired = blocking_rules(decision)
    if decision.action == ACTION_ALLOW and asked.action != ACTION_ALLOW:
        yield Objection(Kind.WRONGLY_ALLOWED, asked.request_id, "allowed, and should have been blocked")
    elif is_incomplete(decision):
        return
    elif decision.action != asked.action:
        yield Objection(Kind.NOT_THE_RULE, asked.request_id, f"blocked by {sorted(fired)}, and should be allowed")
    elif asked.rules and not asked.rules & fired:
        yield Objection(Kind.NOT_THE_RULE, asked.request_id, f"blocked by {sorted(fired)}, not {sorted(asked.rules)}")


NO_RULES = frozenset({"incomplete", "overloaded", "unprocessable"})
"""Reasons that are none of the policy's rules: something could not be judged."""


def blocking_rules(decision: Decision) -> frozenset[str]:
    """The policy's rules that stood against an ALLOW."""
    return frozenset(
        reason.rule for reason in decision.reasons if reason.action > ACTION_ALLOW and reason.rule not in NO_RULES
    )


def is_incomplete(decision: Decision) -> bool:
    """Whether it was decided for want of an answer. A terminal rule needs no further answers."""
    return not decision.complete and not blocking_rules(decision)
