"""What the checks saw, as the console draws it: a bar per score, with a mark where its threshold is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.events import status_of
from sluice.contract.names import short_name
from sluice.policy.model import Policy
from sluice.policy.words import number
from sluice.v1.decision_pb2 import Decision, Input
from sluice.v1.request_pb2 import AgeBand, Role, Stage
from sluice.v1.verdict_pb2 import ContentResult, Person, Status

WIDTH: Final = 1000
LOW: Final = 0.01
"""Scores below it are folded away, unless they have reached their threshold."""


@dataclass(frozen=True, slots=True)
class Score:
    """`x`: of its bar's end, `mark`: of its threshold, in units of the axis; None where no threshold is known.
    `reached`: whether it has reached it."""

    name: str
    value: str
    x: int
    threshold: str
    mark: int | None
    reached: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What a check saw in a content. `scores`: those worth a look, `low`: the others; both the highest first.
    `facts`: what else it saw, in words."""

    content: str
    role: str
    status: str
    detail: str
    scores: Sequence[Score]
    low: Sequence[Score]
    facts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Answered:
    """A check's verdict. `took`, `after`: milliseconds of work, and until its record was there."""

    check: str
    status: str
    took: int
    after: int
    models: Sequence[str]
    seen: Sequence[Seen]


def answered(decision: Decision, policy: Policy | None) -> list[Answered]:
    """Every verdict that the decision rests on. `policy`: the one that decided, or None."""
    limits = _limits(decision, policy)
    roles = {content.id: (short_name(Role, content.role) or "").lower() for content in decision.contents}
    return [_answered(each, decision.requested_at_ms, limits, roles) for each in decision.inputs]


def _limits(decision: Decision, policy: Policy | None) -> Mapping[str, float]:
    """Thresholds by category: the policy's, or those that the reasons name."""
    if policy is None:
        return {reason.category: reason.threshold for reason in decision.reasons if reason.threshold}
    band = short_name(AgeBand, decision.age_band) or "UNKNOWN"
    return policy.thresholds_of(band, short_name(Stage, decision.stage) or "", decision.tenant)


def _answered(heard: Input, requested_ms: int, limits: Mapping[str, float], roles: Mapping[str, str]) -> Answered:
    return Answered(
        check=heard.check,
        status=status_of(heard),
        took=max(0, heard.finished_at_ms - heard.started_at_ms),
        after=max(0, heard.appended_at_ms - requested_ms),
        models=[f"{model.name} {model.version}".strip() for model in heard.models],
        seen=[_seen(result, limits, roles) for result in heard.results],
    )


def _seen(result: ContentResult, limits: Mapping[str, float], roles: Mapping[str, str]) -> Seen:
    ordered = sorted(result.scores.items(), key=lambda pair: (-pair[1], pair[0]))
    scores = [_score(name, value, limits.get(name)) for name, value in ordered]
    high = [value >= LOW or score.reached for score, (_, value) in zip(scores, ordered, strict=True)]
    return Seen(
        content=result.content_id,
        role=roles.get(result.content_id, ""),
        status=short_name(Status, result.status) or "ERROR",
        detail=result.detail,
        scores=[score for score, keep in zip(scores, high, strict=True) if keep],
        low=[score for score, keep in zip(scores, high, strict=True) if not keep],
        facts=_facts(result),
    )


def _score(name: str, value: float, limit: float | None) -> Score:
    if limit is None:
        return Score(name, f"{value:.2f}", _x(value), "", None, reached=False)
    return Score(name, number(value, limit), _x(value), number(limit, value), _x(limit), reached=value >= limit)


def _x(value: float) -> int:
    return round(WIDTH * min(max(value, 0.0), 1.0))


def _facts(result: ContentResult) -> list[str]:
    person = short_name(Person, result.person)
    facts = [f"person: {person.lower().replace('_', ' ')}"] if person else []
    facts += [f"{name}: {value:.2f}" for name, value in sorted(result.signals.items())]
    facts += [f"matches {match.list}/{match.entry}" + (" (test)" if match.test else "") for match in result.matches]
    facts += [f"abstains from {', '.join(sorted(result.abstained))}"] if result.abstained else []
    if not facts and not result.scores and result.status == Status.STATUS_OK:
        return ["found nothing"]
    return facts
