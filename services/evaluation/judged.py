"""What came of a case: the decision in the few words that the tables need."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from evaluation.cases import Case
from evaluation.words import fold_people
from sluice.categories import CATEGORIES
from sluice.check import Person
from sluice.contract.names import short_name
from sluice.v1.decision_pb2 import Action, Reason
from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult
from sluice.v1.verdict_pb2 import Person as PersonNumber

_HARM: Final = frozenset(CATEGORIES)


@dataclass(frozen=True, slots=True)
class Judged:
    """`action`: ALLOW, REVIEW or BLOCK; empty where nothing was decided, and `error` says why: nobody allows it then.

    `rules`: ids of the rules that did not allow it, "incomplete" and "unprocessable" among them. `scores`: the
    highest of every harm category over contents and checks. `person`: of the picture, folded; None where nobody
    looked. `policy`: digest in hex of the policy that decided.
    """

    action: str
    complete: bool = False
    rules: tuple[str, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    person: Person | None = None
    error: str = ""
    policy: str = ""

    @property
    def allowed(self) -> bool:
        """Whether it is let through."""
        return self.action == "ALLOW"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case and what came of it."""

    case: Case
    judged: Judged


def judged(
    action: int, complete: bool, reasons: Sequence[Reason], results: Sequence[ContentResult], policy: str
) -> Judged:
    """A decision, from its action (the contract's number), its reasons and what the checks saw."""
    rules = dict.fromkeys(reason.rule for reason in reasons if reason.action != Action.ACTION_ALLOW)
    scores: dict[str, float] = {}
    people: list[Person] = []
    for result in results:
        if result.status != STATUS_OK:
            continue
        for category, score in result.scores.items():
            if category in _HARM:
                scores[category] = max(score, scores.get(category, 0.0))
        person = short_name(PersonNumber, result.person)
        if person:
            people.append(Person(person) if person in Person.__members__ else Person.AGE_UNKNOWN)
    return Judged(
        action=short_name(Action, Action.ValueType(action)) or "",
        complete=complete,
        rules=tuple(rules),
        scores={category: scores[category] for category in CATEGORIES if category in scores},
        person=fold_people(people) if people else None,
        policy=policy,
    )


def risk(scores: Mapping[str, float], thresholds: Mapping[str, float]) -> float:
    """One number for a row: how far its worst category is beyond that category's threshold, 0.5 being on it.

    The logistic of the largest difference of log-odds, score against threshold, so that rows can be ranked and the
    policy's thresholds moved together. 0 where nothing was scored that has a threshold.
    """
    over = [_odds(score) - _odds(thresholds[c]) for c, score in scores.items() if c in thresholds]
    return 1 / (1 + math.exp(-max(over))) if over else 0.0


def _odds(share: float) -> float:
    kept = min(max(share, 1e-9), 1 - 1e-9)
    return math.log(kept / (1 - kept))
