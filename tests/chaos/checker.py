"""Judges a history: every objection to it, and its figures. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.v1.decision_pb2 import ACTION_ALLOW
from tests.chaos.check_assets import check_assets
from tests.chaos.check_contents import check_contents
from tests.chaos.check_decisions import check_decisions, is_incomplete
from tests.chaos.check_inputs import check_inputs
from tests.chaos.check_letters import check_incidents, check_letters
from tests.chaos.history import History
from tests.chaos.index import Index
from tests.chaos.objections import Kind, Objection, count

LEAST_KEPT = 0.9
"""Of the requests that should be allowed, so many must have been: what blocks everything proves nothing."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is wrong with a history, and how large it is."""

    objections: Sequence[Objection]
    requests: int
    allowed: int
    blocked_by_rule: int
    incomplete: int
    expected_allow_kept: float
    signed: int

    def count(self, kind: Kind) -> int:
        """Requests or records affected."""
        return count(self.objections, kind)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong and enough was allowed."""
        return not self.objections and self.expected_allow_kept >= LEAST_KEPT


def judge(history: History) -> Judgement:
    """Checks everything that a history must hold to."""
    index = Index(history)
    objections = (
        *check_contents(history),
        *check_decisions(history, index),
        *check_inputs(history, index),
        *check_assets(history),
        *check_letters(history),
        *check_incidents(history),
    )
    first = [found[0].message for asked in history.asked if (found := index.decisions_of(asked))]
    allowed = {decision.request_id for decision in first if decision.action == ACTION_ALLOW}
    incomplete = sum(is_incomplete(decision) for decision in first)
    wanted = {asked.request_id for asked in history.asked.values() if asked.action == ACTION_ALLOW and asked.certain}
    return Judgement(
        objections=objections,
        requests=len(history.asked),
        allowed=len(allowed),
        blocked_by_rule=len(first) - len(allowed) - incomplete,
        incomplete=incomplete,
        expected_allow_kept=len(wanted & allowed) / len(wanted) if wanted else 0.0,
        signed=len({asset.message.request_id for asset in history.signed}),
    )
