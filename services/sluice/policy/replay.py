"""Recorded requests, decided by a candidate policy: which decisions would have been others, and why. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sluice.contract.names import short_name
from sluice.policy.decider import Decide, Decided
from sluice.policy.labels import Label
from sluice.policy.model import Policy
from sluice.policy.recorded import Recorded, decided_again, recorded, told_apart
from sluice.policy.tally import Marked, Move, Tally
from sluice.v1.decision_pb2 import ACTION_ALLOW, Action, Decision, Reason
from sluice.v1.request_pb2 import AgeBand, Stage
from sluice.v1.verdict_pb2 import Verdict

NONE: Final = "(none)"
"""The group of what has no such word."""

_ACTIONS: Final = {number: short_name(Action, number) or NONE for number in Action.values()}
_STAGES: Final = {number: short_name(Stage, number) or NONE for number in Stage.values()}
_BANDS: Final = {number: short_name(AgeBand, number) or "UNKNOWN" for number in AgeBand.values()}


@dataclass(slots=True)
class Replay:
    """One replay. `live`: decisions that were made by it are decided by it again, which must give the same.

    Those that the candidate made itself (by its digest) are compared in any case.
    """

    candidate: Policy
    decide: Decide
    labels: Mapping[str, Label] = field(default_factory=dict)
    live: Policy | None = None
    tally: Tally = field(default_factory=Tally)

    def take(self, decision: Decision) -> bool:
        """Decides a recorded request and counts it.

        False, and it is not counted yet, where the candidate would have waited for an answer that the record does not
        hold: then comes either `join`, with what the log has, or `give_up`.
        """
        found = recorded(decision)
        own = decision.policy_digest == self.candidate.digest
        if own:
            outcome: Decided | None = decided_again(found, self.candidate, self.decide)
        else:
            outcome = told_apart(found, self.candidate, self.decide)
        if outcome is None:
            return False
        if own:
            self.tally.compared(decision.request_id, same(decision, outcome))
        self._count(decision, found, outcome)
        return True

    def join(self, decision: Decision, later: Mapping[str, Verdict]) -> None:
        """One that `take` did not count. `later`: verdicts that were appended in time, after the decision."""
        found = recorded(decision)
        outcome = decided_again(found.joined(later, self.candidate), self.candidate, self.decide)
        self._count(decision, found, outcome)

    def give_up(self, decision: Decision) -> None:
        """One that `take` did not count, and of which nothing more is known."""
        tally = self.tally
        found = recorded(decision)
        tally.unjudged += 1
        tally.unknown.update(found.unknown(self.candidate))
        tally.unjudged_labels += decision.request_id in self.labels
        self._check_live(decision, found)

    def _count(self, decision: Decision, found: Recorded, outcome: Decided) -> None:
        tally = self.tally
        self._check_live(decision, found)
        move = Move(_ACTIONS.get(decision.action, NONE), outcome.action.name)
        before, after = decision.reasons[:], outcome.reasons
        old, new = {one.rule for one in before}, {one.rule for one in after}
        tally.fires.update(new)
        groups: dict[str, Iterable[str]] = {
            "stage": (_STAGES.get(decision.stage, NONE),),
            "age_band": (_BANDS.get(decision.age_band, NONE),),
            "tenant": (decision.tenant or NONE,),
        }
        if old != new:
            tally.new.update(new - old)
            tally.gone.update(old - new)
        if move.flips:
            groups["category"] = _categories([*before, *after], old ^ new)
        tally.move(decision.request_id, move, groups)
        label = self.labels.get(decision.request_id) if self.labels else None
        if label is not None:
            rights = [(action == ACTION_ALLOW) != label.unsafe for action in (decision.action, outcome.action.value)]
            tally.mark(label.category, Marked(label.unsafe, rights[0], rights[1]))

    def _check_live(self, decision: Decision, found: Recorded) -> None:
        live = self.live
        if live is not None and decision.policy_digest == live.digest != self.candidate.digest:
            outcome = decided_again(found, live, self.decide)
            self.tally.compared(decision.request_id, same(decision, outcome))


def same(decision: Decision, outcome: Decided) -> bool:
    """Whether the outcome is the recorded one: action, completeness, reasons and labels."""
    if decision.action != outcome.action.value or decision.complete != outcome.complete:
        return False
    if [*decision.labels] != [*outcome.labels]:
        return False
    recorded_reasons, reasons = decision.reasons[:], [*outcome.reasons]
    # A score that is no number is not equal to itself; its bytes are.
    return recorded_reasons == reasons or _bytes(recorded_reasons) == _bytes(reasons)


def _bytes(reasons: Iterable[Reason]) -> list[bytes]:
    return [reason.SerializeToString(deterministic=True) for reason in reasons]


def _categories(reasons: Iterable[Reason], changed: set[str]) -> set[str]:
    """Categories of the rules that changed; of all, where the same rules now do something else."""
    found = {one.category for one in reasons if one.category and (one.rule in changed or not changed)}
    return found or {NONE}
