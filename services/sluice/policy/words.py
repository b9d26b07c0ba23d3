"""Why a decision is as it is, in plain words. Pure: a decision and, where it is the one that decided, its policy.

A decision holds no content, so nothing here can show any: ids, categories, scores, names of rules and checks.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sluice.contract.names import short_name
from sluice.policy.examples import BUILT_IN
from sluice.policy.model import Policy, Rule
from sluice.v1.decision_pb2 import ACTION_ALLOW, Action, Decision, Reason
from sluice.v1.request_pb2 import STAGE_OUTPUT, AgeBand, Operation, Role, Stage
from sluice.v1.verdict_pb2 import (
    PERSON_ADULT,
    PERSON_AGE_UNKNOWN,
    PERSON_CHILD,
    STATUS_ABSTAIN,
    STATUS_OK,
    ListMatch,
)

NEAREST: Final = 5
"""Near misses that are told."""
_MOST_DIGITS: Final = 6
_ABOUT_CONTENTS: Final = re.compile(r"\b(?:contents|uploads|generated)\b")
_ROLES: Final = {
    "PROMPT": "prompt",
    "TRANSCRIPT": "transcript",
    "UPLOAD": "uploaded picture",
    "GENERATED": "generated picture",
}
_PEOPLE: Final = {
    PERSON_ADULT: "an adult",
    PERSON_CHILD: "a child",
    PERSON_AGE_UNKNOWN: "a person, or perhaps one, whose age cannot be told",
}


@dataclass(frozen=True, slots=True)
class NearMiss:
    """The highest score of a category that stayed under its threshold, and who gave it to which content.

    `threshold`: None where it is not known, since another version of the policy decided.
    """

    category: str
    score: float
    check: str
    content: str
    threshold: float | None


def number(value: float, beside: float) -> str:
    """With two digits, or as many as it takes to be told from the number that stands beside it."""
    for digits in range(2, _MOST_DIGITS):
        text = f"{value:.{digits}f}"
        if value == beside or text != f"{beside:.{digits}f}":
            return text
    return f"{value:.{_MOST_DIGITS}f}"


def asked(decision: Decision) -> list[str]:
    """What was asked: stage, operation, for whom, and each content."""
    operation = (short_name(Operation, decision.operation) or "GENERATE").lower()
    stage = (short_name(Stage, decision.stage) or "unknown").lower()
    head = f"Stage {stage}, operation {operation}, age band {_band(decision).lower()}"
    lines = [f"{head}, tenant {decision.tenant}." if decision.tenant else f"{head}, no tenant."]
    lines += [
        f"{content.id}: {_role(content.role)}"
        + (f", a further view of {content.view_of}" if content.view_of else "")
        + f", SHA-256 {content.sha256.hex()[:16]}..."
        for content in decision.contents
    ]
    if decision.generation_id:
        lines.append(f"{_generation(decision)}.")
    if decision.released_from:
        also = f", nor did {', '.join(decision.released_rules)}" if decision.released_rules else ""
        lines.append(
            f"A reviewer released {decision.released_from}: these are its contents once more, and rules that ask for"
            f" a review did not count{also}."
        )
    return lines


def fired(decision: Decision, policy: Policy | None) -> list[str]:
    """Each rule of the file that fired, as a sentence. `policy`: the one that decided, or None."""
    rules = {} if policy is None else {rule.id: rule for rule in policy.rules}
    return [
        _fired(reason, rules.get(reason.rule), decision) for reason in decision.reasons if reason.rule not in BUILT_IN
    ]


def missing(decision: Decision) -> list[str]:
    """What was missing, could not be read, or had to be there first, and what that comes to."""
    built_in = [reason for reason in decision.reasons if reason.rule in BUILT_IN]
    if decision.reasons and not decision.complete and not built_in:
        return ["A terminal rule decided before every required check had answered; nobody waited for the others."]
    return [f"{_built_in(reason, decision)}: {_action(reason.action)}." for reason in built_in]


def conclusion(decision: Decision) -> str:
    """How the action follows from the reasons."""
    action = _action(decision.action)
    actions = sorted({reason.action for reason in decision.reasons} - {0}, reverse=True)
    if not decision.reasons:
        return f"No rule fired and every required check answered: {action}."
    if len(actions) > 1:
        others = ", ".join(_action(other) for other in actions[1:])
        return f"{action}: it is the most severe of what the reasons ask for (also {others})."
    if decision.action == ACTION_ALLOW:
        return "ALLOW: the rules that fired only add labels."
    one = "the one reason asks" if len(decision.reasons) == 1 else "all reasons ask"
    return f"{action}: {one} for it."


def near_misses(decision: Decision, policy: Policy | None, most: int = NEAREST) -> list[NearMiss]:
    """Categories that stayed under their thresholds, the nearest first.

    Without the policy the thresholds are not known: then the highest scores of categories that are in no reason.
    """
    reached = {reason.category for reason in decision.reasons if reason.category and reason.rule not in BUILT_IN}
    limits = None if policy is None else _thresholds(decision, policy)
    found = [
        NearMiss(category, score, check, content, None if limits is None else limits.get(category))
        for category, (score, check, content) in _highest(decision).items()
        if category not in reached
    ]
    if limits is not None:
        found = [one for one in found if one.threshold is not None and one.score < one.threshold]
    # 0 stands for a threshold that is not known: the highest score comes first then.
    return sorted(found, key=lambda one: ((one.threshold or 0.0) - one.score, one.category))[:most]


def near(one: NearMiss) -> str:
    """A near miss as a sentence."""
    if one.threshold is None:
        return f"{one.category} {one.score:.2f} from `{one.check}` on {one.content}."
    score, limit = number(one.score, one.threshold), number(one.threshold, one.score)
    short = one.threshold - one.score
    return f"{one.category} {score} from `{one.check}` on {one.content}: {short:.2g} under the threshold {limit}."


def listed(decision: Decision) -> list[str]:
    """Entries of hash banks and name lists that contents matched: list and id, never what they say."""
    return [
        f"{result.content_id} matches entry {match.entry} of list {match.list}"
        + (f" ({', '.join(_of_match(match))})")
        + f", found by `{seen.check}`."
        for seen in decision.inputs
        for result in seen.results
        for match in result.matches
    ]


def people(decision: Decision) -> list[str]:
    """Whom the checks saw in pictures; nothing of pictures without people."""
    return [
        f"`{seen.check}` saw {_PEOPLE[result.person]} in {_content(result.content_id, decision)}."
        for seen in decision.inputs
        for result in seen.results
        if result.person in _PEOPLE
    ]


def breakers(decision: Decision) -> list[str]:
    """Circuit breakers that were open."""
    return [
        f"The circuit breaker of {_breaker(key)} was open: many more BLOCKs than usual."
        for key in decision.open_breakers
    ]


def labels(decision: Decision) -> list[str]:
    """The labels that rules put on it."""
    return [f"Labels: {', '.join(decision.labels)}."] if decision.labels else []


def models(decision: Decision) -> list[str]:
    """Which model of which version spoke for each check."""
    return [
        f"`{seen.check}`: {model.name} {model.version}".rstrip() + f", digest {model.digest.hex()[:16]}..."
        for seen in decision.inputs
        for model in seen.models
    ]


def _fired(reason: Reason, rule: Rule | None, decision: Decision) -> str:
    name = f"rule {reason.rule}"
    if rule is not None and rule.cites:
        name += f" (cites {', '.join(rule.cites)})"
    action = _action(reason.action)
    # What an evaluation that failed says of itself.
    if reason.detail.startswith("rule failed"):
        return f"{name[0].upper()}{name[1:]} could not be evaluated, which counts as {action}: {reason.detail}."
    softened = _softened(reason)
    if not reason.category:
        # Of a condition that no content is named in, the content that a reason points at says nothing.
        about = reason.content_id and (rule is None or _ABOUT_CONTENTS.search(rule.when))
        where = f" for {_content(reason.content_id, decision)}" if about else ""
        because = f", since {rule.when}" if rule is not None else ""
        return f"{name[0].upper()}{name[1:]} holds{where}{because}: {action}{softened}."
    score, limit = number(reason.score, reason.threshold), number(reason.threshold, reason.score)
    source = f" from `{reason.check}`" if reason.check else ""
    source += f" on {_content(reason.content_id, decision)}" if reason.content_id else ""
    if not reason.threshold:
        # It was held against a number in the rule's own text.
        because = f", since {rule.when}" if rule is not None else ""
        return f"{reason.category} {score}{source} makes {name} fire{because}: {action}{softened}."
    how = "reached" if reason.score >= reason.threshold else "was held against"
    return f"{reason.category} {score}{source} {how} the threshold {limit} of {name}: {action}{softened}."


def _softened(reason: Reason) -> str:
    """What a breaker made of a BLOCK."""
    if reason.breaker:
        return f" (the rule says BLOCK; the breaker of {_breaker(reason.breaker)} was open and made it REVIEW)"
    return f" ({reason.detail})" if reason.detail else ""


def _breaker(key: str) -> str:
    kind, _, name = key.partition(":")
    return f"{kind} {name}"


def _built_in(reason: Reason, decision: Decision) -> str:
    detail, content = reason.detail, _content(reason.content_id, decision) if reason.content_id else ""
    match reason.rule:
        case "unprocessable":
            who = f"`{reason.check}` could not read {content}" if reason.check else ""
            who = who or (f"{content} could not be read" if content else "The request cannot be judged")
            return f"{who} ({detail})" if detail else who
        case "overloaded":
            return "Too many requests were waiting, so this one's missing answers were not waited for"
        case "prompt-not-allowed":
            return f"{_generation(decision)}, which is not an ALLOW"
        case "generation-id-required":
            return "The picture names no prompt (generation_id), and the policy asks for one"
        case _:
            return _incomplete(reason, content)


def _incomplete(reason: Reason, content: str) -> str:
    if reason.category:
        return f"`{reason.check}` abstains from {reason.category} on {content}, and the policy requires a score of it"
    if not reason.check:
        return f"Incomplete: {reason.detail}" + (f" ({content})" if content else "")
    if reason.detail == "no answer in time":
        return f"`{reason.check}` gave no answer in time about {content}"
    return f"`{reason.check}` is required for {content} and answered {reason.detail}"


def _generation(decision: Decision) -> str:
    action = short_name(Action, decision.prompt_action)
    if decision.stage == STAGE_OUTPUT and action is not None:
        return f"The picture was generated for request {decision.generation_id}, whose decision is {action}"
    return (
        f"The picture was generated for request {decision.generation_id}, of which no decision that counts was found"
    )


def _highest(decision: Decision) -> dict[str, tuple[float, str, str]]:
    """Category -> the highest score that rules saw, who gave it, to which content."""
    best: dict[str, tuple[float, str, str]] = {}
    for check, content, category, score in _scores(decision):
        if category not in best or score > best[category][0]:
            best[category] = (score, check, content)
    return best


def _scores(decision: Decision) -> Iterator[tuple[str, str, str, float]]:
    for seen in decision.inputs:
        for result in seen.results:
            if result.status in (STATUS_OK, STATUS_ABSTAIN):
                for category, score in result.scores.items():
                    yield seen.check, result.content_id, category, score


def _thresholds(decision: Decision, policy: Policy) -> Mapping[str, float]:
    return policy.thresholds_of(_band(decision), short_name(Stage, decision.stage) or "", decision.tenant)


def _band(decision: Decision) -> str:
    return short_name(AgeBand, decision.age_band) or "UNKNOWN"


def _of_match(match: ListMatch) -> Sequence[str]:
    bits = f"{match.distance} bits apart" if match.distance else ""
    flags = ("a test list" if match.test else "", "quarantined" if match.quarantined else "")
    return [word for word in (match.kind, match.method, bits, *flags) if word] or ["-"]


def _content(content_id: str, decision: Decision) -> str:
    role = next((content.role for content in decision.contents if content.id == content_id), None)
    return content_id if role is None else f"{content_id} ({_role(role)})"


def _role(role: "Role.ValueType") -> str:
    return _ROLES.get(short_name(Role, role) or "", "content of an unknown role")


def _action(number_of_action: "Action.ValueType") -> str:
    return short_name(Action, number_of_action) or "nothing"
