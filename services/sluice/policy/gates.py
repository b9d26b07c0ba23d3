"""Conditions under which a replay fails, for a pipeline: `flips > 1%`, `not_unsafe.low < 0.9`. Pure.

    METRIC OPERATOR NUMBER      OPERATOR is one of <, <=, >, >=; NUMBER may end in %

    decisions, unjudged, flips      how many; with %, the share of all decisions (flips: of those judged)
    BLOCK->ALLOW                    flips of this kind: how many; with %, the share of judged decisions
    rule:ID                         decisions that a rule fires for now; likewise
    not_unsafe, not_overrefuse      of the labelled requests; [CATEGORY] behind it: of that category alone;
                                    .low, .high: the bounds of its 95 % interval; .change: after less before

What was not measured was not reached: it fails too.
"""

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sluice.policy.tally import ALL, Move, Tally

_OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_FORM: Final = re.compile(r"\s*(.+?)\s*(?<!-)(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)\s*(%?)\s*")
_COUNT: Final = re.compile(r"decisions|unjudged|flips")
_MOVE: Final = re.compile(r"(ALLOW|REVIEW|BLOCK)->(ALLOW|REVIEW|BLOCK)")
_RULE: Final = re.compile(r"rule:([\w./:-]+)")
_METRIC: Final = re.compile(r"(not_unsafe|not_overrefuse)(?:\[([^\[\]]+)\])?(?:\.(low|high|change))?")
_METRICS: Final = "decisions, unjudged, flips, BLOCK->ALLOW, rule:ID, not_unsafe or not_overrefuse"


class GateError(ValueError):
    """What was written is no gate. The message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition. `share`: the number is a share; else it is a count. `labels`: it is about labelled requests."""

    text: str
    metric: str
    operator: str
    limit: float
    share: bool

    @property
    def labels(self) -> bool:
        """Whether it needs labels."""
        return _METRIC.fullmatch(self.metric) is not None

    def failed(self, found: float | None) -> bool:
        """Whether the condition is true of a figure; it is of none."""
        return found is None or _OPERATORS[self.operator](found, self.limit)


def parse_gate(text: str, rules: Collection[str]) -> Gate:
    """A gate as it was written. `rules`: ids that can fire. GateError."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise GateError(f"{text!r} should be METRIC, one of < <= > >=, and a number, such as 'flips > 1%'")
    metric, word, number, percent = found.groups()
    limit, share = float(number), bool(percent)
    if share:
        limit /= 100
    rule, move, labelled = _RULE.fullmatch(metric), _MOVE.fullmatch(metric), _METRIC.fullmatch(metric)
    if labelled is not None:
        least = -1.0 if labelled[3] == "change" else 0.0
        if not least <= limit <= 1:
            raise GateError(f"{text!r}: {metric} is a share from {least:g} to 1, or a percentage")
        return Gate(text, metric, word, limit, share=True)
    if rule is not None and rule[1] not in rules:
        raise GateError(f"{text!r}: the candidate has no rule {rule[1]!r}")
    if move is not None and move[1] == move[2]:
        raise GateError(f"{text!r}: that is no flip")
    if rule is None and move is None and _COUNT.fullmatch(metric) is None:
        raise GateError(f"{text!r}: {metric!r} is none of {_METRICS}")
    if share and (not 0 <= limit <= 1 or metric == "decisions"):
        raise GateError(f"{text!r}: {metric} is no percentage of more than 100, and none of itself")
    if not share and (limit < 0 or not limit.is_integer()):
        raise GateError(f"{text!r}: {metric} is a count; a share of the decisions is written with %")
    return Gate(text, metric, word, limit, share)


def figure(gate: Gate, tally: Tally) -> float | None:
    """What a replay found for a gate; None where it measured nothing of the kind."""
    labelled = _METRIC.fullmatch(gate.metric)
    if labelled is not None:
        return _labelled(labelled, tally)
    count, of = _count(gate.metric, tally)
    if not gate.share:
        return count
    return count / of if of else None


def _count(metric: str, tally: Tally) -> tuple[int, int]:
    """How many, and of how many."""
    move, rule = _MOVE.fullmatch(metric), _RULE.fullmatch(metric)
    if move is not None:
        return tally.moves[Move(move[1], move[2])], tally.judged
    if rule is not None:
        return tally.fires[rule[1]], tally.judged
    if metric == "flips":
        return tally.flips, tally.judged
    return (tally.unjudged if metric == "unjudged" else tally.decisions), tally.decisions


def _labelled(found: re.Match[str], tally: Tally) -> float | None:
    paired = tally.paired(found[1] == "not_unsafe", found[2] or ALL)
    before, after = paired.before.value, paired.after.value
    if before is None or after is None:
        return None
    if found[3] == "change":
        return after - before
    low, high = paired.after.interval()
    return {"low": low, "high": high}.get(found[3], after)
