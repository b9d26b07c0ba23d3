"""What does the policy say of a request, given what the checks saw? Pure: no clock, no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluice.contract.names import short_name
from sluice.policy.facts import Answer, Facts, content_facts, highest
from sluice.policy.model import Policy, Rule, Severity, StagePolicy
from sluice.policy.view import Compared, RuleError, RuleView
from sluice.v1.contents_pb2 import Contents, PreparedContent, Unprocessable
from sluice.v1.decision_pb2 import ACTION_ALLOW, Action, Reason
from sluice.v1.request_pb2 import OPERATION_EDIT, STAGE_OUTPUT, STAGE_PROMPT, AgeBand, Role, Stage
from sluice.v1.verdict_pb2 import STATUS_OK, STATUS_UNPROCESSABLE, ContentResult, Status, Verdict

_BANDS = {number: name.removeprefix("AGE_BAND_") for name, number in AgeBand.items()} | {0: "UNKNOWN"}
_ROLES = {number: name.removeprefix("ROLE_") for name, number in Role.items()}
_STAGES = {number: name.removeprefix("STAGE_") for name, number in Stage.items()}
_STATUSES = {number: name.removeprefix("STATUS_") for name, number in Status.items()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision's substance. `reports`: ids of fired rules whose matches must be reported."""

    action: Severity
    complete: bool
    reasons: tuple[Reason, ...]
    labels: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()


def decide(
    contents: Contents, verdicts: Mapping[str, Verdict], policy: Policy, late: bool, *, overloaded: bool = False
) -> Outcome | None:
    """The outcome, or None while a required answer can still come.

    `verdicts`: the first of each check that was appended in time. `late`: the deadline has passed, what is not
    there does not come. `overloaded`: it may come, but too many requests wait for it to be waited for; where all of
    it is there, this changes nothing. What cannot be read ends the request at once; a terminal rule decides as soon
    as it fires; all other rules wait for every required check. The most severe action wins, and what is incomplete
    is never an ALLOW.
    """
    # Copies by slicing, here and below: iterating over a repeated field of a message takes several times as long.
    asked = contents.contents[:]
    if contents.unprocessable or contents.stage not in (STAGE_PROMPT, STAGE_OUTPUT):
        return _refused([_unprocessable("", contents.unprocessable, contents.detail)])
    stage = policy.stages[contents.stage]
    waiting = False
    for content in asked:
        if content.unprocessable:
            return _refused([_unprocessable(c.id, c.unprocessable, c.detail) for c in asked if c.unprocessable])
        for check in stage.checks.get(content.role, ()):
            waiting = waiting or check not in verdicts
    impatient = late or overloaded
    if waiting and not impatient and not verdicts and not policy.speaks_first:
        return None
    answers = _Answers(verdicts)
    fired = _Fired(contents, asked, answers, policy)
    fired.apply(policy.terminal)
    if waiting and not impatient and not fired.decisive:
        return None
    shed = overloaded and waiting and not fired.decisive
    fired.apply(policy.ordinary)
    missing, unreadable = _missing(asked, answers, stage, policy)
    reasons = [*_generation(contents, policy), *unreadable, *fired.reasons]
    reasons += [_with_action(reason, stage.on_incomplete) for reason in missing]
    if shed:
        detail = "too many requests were waiting"
        reasons.append(Reason(rule="overloaded", action=stage.on_incomplete.value, detail=detail))
    action = Severity(max([reason.action for reason in reasons])) if reasons else Severity.ALLOW
    complete = not missing and not unreadable
    if not complete and action is Severity.ALLOW:
        action = stage.on_incomplete
    return Outcome(action, complete, tuple(reasons), tuple(fired.labels), tuple(fired.reports))


def _refused(reasons: Sequence[Reason]) -> Outcome:
    """From ingest: the request, or a content of it, cannot be judged by anybody."""
    return Outcome(Severity.BLOCK, complete=False, reasons=tuple(reasons))


def _unprocessable(content_id: str, why: "Unprocessable.ValueType", detail: str) -> Reason:
    word = unprocessable_word(why) or "unknown_enum"
    return Reason(
        rule="unprocessable",
        content_id=content_id,
        action=Severity.BLOCK.value,
        detail=f"{word}: {detail}" if detail else word,
    )


def unprocessable_word(why: "Unprocessable.ValueType") -> str:
    """The reason's name as people read it: "too_many_pixels"; empty for none."""
    if not why:
        return ""
    known = why in Unprocessable.values()
    return Unprocessable.Name(why).removeprefix("UNPROCESSABLE_").lower() if known else "unknown_enum"


class _Answers:
    """What the checks said, read once: reading a message of the contract is what costs."""

    def __init__(self, verdicts: Mapping[str, Verdict]) -> None:
        self.good: list[Answer] = []
        """Those that are OK, in the order of the verdicts."""
        self.by_place: dict[tuple[str, str], tuple[ContentResult, Answer | None]] = {}
        """By check and content: the result, and what was read of it where it is OK."""
        for check, verdict in verdicts.items():
            for result in verdict.results[:]:
                content_id = result.content_id
                answer = None
                if result.status == STATUS_OK:
                    scores = result.scores
                    # Faster than items(), which makes a view.
                    answer = Answer(check, content_id, result, {category: scores[category] for category in scores})
                    self.good.append(answer)
                self.by_place[check, content_id] = result, answer

    def scored(self, category: str, content_id: str) -> bool:
        """Whether any check gave the content a score of the category."""
        return any(
            answer is not None and place[1] == content_id and category in answer.scores
            for place, (_, answer) in self.by_place.items()
        )


def _missing(
    asked: Sequence[PreparedContent], answers: _Answers, stage: StagePolicy, policy: Policy
) -> tuple[list[Reason], list[Reason]]:
    """What keeps the decision from being complete, and what a check found to be unreadable."""
    missing: list[Reason] = []
    unreadable: list[Reason] = []
    if not asked:
        missing.append(Reason(rule="incomplete", detail="a request without contents"))
    for content in asked:
        required = stage.checks.get(content.role, ())
        if not required:
            detail = f"no check covers {_ROLES.get(content.role, 'this role')} at this stage"
            missing.append(Reason(rule="incomplete", content_id=content.id, detail=detail))
        for check in required:
            result, answer = answers.by_place.get((check, content.id), (None, None))
            if answer is not None and _sound(answer.scores):
                missing += [
                    Reason(
                        rule="incomplete",
                        category=category,
                        check=check,
                        content_id=content.id,
                        detail="abstained",
                    )
                    for category in policy.require
                    if category in answer.result.abstained and not answers.scored(category, content.id)
                ]
            elif result is not None and result.status == STATUS_UNPROCESSABLE:
                unreadable.append(_by_check(check, content, result))
            else:
                missing.append(_incomplete(check, content, result))
    return missing, unreadable


def _sound(scores: Mapping[str, float]) -> bool:
    """Whether every score is one: NaN is under every threshold, and must not pass for harmless."""
    if not scores:
        return True
    values = scores.values()
    # min and max lose a NaN, a sum does not: NaN is the only number that differs from itself.
    total = sum(values)
    return total == total and min(values) >= 0.0 and max(values) <= 1.0  # noqa: PLR0124


def _by_check(check: str, content: PreparedContent, result: ContentResult) -> Reason:
    return Reason(
        rule="unprocessable",
        check=check,
        content_id=content.id,
        action=Severity.BLOCK.value,
        detail=result.detail,
    )


def _incomplete(check: str, content: PreparedContent, result: ContentResult | None) -> Reason:
    if result is None:
        return Reason(rule="incomplete", check=check, content_id=content.id, detail="no answer in time")
    word = "not a score" if result.status == STATUS_OK else _STATUSES.get(result.status, "UNSPECIFIED")
    detail = f"{word} {result.detail}".strip()
    return Reason(rule="incomplete", check=check, content_id=content.id, detail=detail)


def _with_action(reason: Reason, action: Severity) -> Reason:
    reason.action = action.value
    return reason


def _generation(contents: Contents, policy: Policy) -> list[Reason]:
    """Reasons from the PROMPT request that an OUTPUT rests on: anything but its ALLOW blocks."""
    if contents.stage != STAGE_OUTPUT:
        return []
    if not contents.generation_id:
        if policy.require_generation_id:
            return [Reason(rule="generation-id-required", action=Severity.BLOCK.value)]
        return []
    found = contents.prompt_decision.action
    if found == ACTION_ALLOW:
        return []
    word = short_name(Action, found) if found else None
    detail = f"the prompt's decision is {word}" if word else "the prompt has no decision that counts"
    return [Reason(rule="prompt-not-allowed", action=Severity.BLOCK.value, detail=detail)]


class _Fired:
    """The rules that fired so far. A rule that cannot be evaluated counts as BLOCK: an error is never an allow."""

    def __init__(
        self, contents: Contents, asked: Sequence[PreparedContent], answers: _Answers, policy: Policy
    ) -> None:
        self.reasons: list[Reason] = []
        self.labels: list[str] = []
        self.reports: list[str] = []
        self.decisive = False
        self._released = bool(contents.released_from)
        self._view = RuleView(_facts(contents, asked, answers, policy), answers.good)

    def apply(self, rules: Sequence[Rule]) -> None:
        """Evaluates rules in order."""
        for rule, found in self._view.fired(rules):
            # A person has looked: REVIEW rules are satisfied by a release, BLOCK rules are not.
            if isinstance(found, RuleError):
                detail = f"rule failed: {found}"
                self.reasons.append(Reason(rule=rule.id, action=Severity.BLOCK.value, detail=detail))
            elif not (self._released and rule.action is Severity.REVIEW):
                self.labels += rule.labels
                if rule.report:
                    self.reports.append(rule.id)
                self.decisive = self.decisive or rule.terminal
                self.reasons.append(_fired(rule, found))


def _fired(rule: Rule, compared: Compared) -> Reason:
    return Reason(
        rule=rule.id,
        category=compared.category,
        score=compared.score,
        threshold=compared.threshold,
        check=compared.check,
        content_id=compared.content_id,
        action=rule.action.value,
    )


def _facts(contents: Contents, asked: Sequence[PreparedContent], answers: _Answers, policy: Policy) -> Facts:
    subject = contents.subject
    band = _BANDS.get(subject.age_band, "UNKNOWN")
    found = [content_facts(c.id, _ROLES.get(c.role, ""), _kind(c), answers.good) for c in asked]
    return Facts(
        _STAGES[contents.stage],
        "EDIT" if contents.operation == OPERATION_EDIT else "GENERATE",
        band,
        subject.tenant,
        found,
        [content for content in found if content.role == "UPLOAD"],
        [content for content in found if content.role == "GENERATED"],
        highest(answers.good),
        policy.thresholds_of(band),
    )


def _kind(content: PreparedContent) -> str:
    if content.HasField("image"):
        return "image"
    return "text" if content.HasField("text") else ""
