"""What does the policy say of a request, given what the checks saw? Pure: no clock, no I/O."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from orchestrator.asked import Asked, Content, listed
from orchestrator.breaker import RULE_FAILED, breakable, rule_key, tenant_key
from sluice.contract.names import short_name
from sluice.policy.facts import Answer, ContentFacts, Facts, content_facts, highest
from sluice.policy.looked import looked_at, looks
from sluice.policy.model import Policy, Rule, Severity
from sluice.policy.view import Compared, RuleError, RuleView
from sluice.v1.contents_pb2 import Contents, Unprocessable
from sluice.v1.decision_pb2 import ACTION_ALLOW, Action, Reason
from sluice.v1.request_pb2 import (
    OPERATION_EDIT,
    ROLE_GENERATED,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    AgeBand,
    Role,
    Stage,
)
from sluice.v1.verdict_pb2 import STATUS_ABSTAIN, STATUS_OK, STATUS_UNPROCESSABLE, ContentResult, Status, Verdict

_BANDS = {number: name.removeprefix("AGE_BAND_") for name, number in AgeBand.items()} | {0: "UNKNOWN"}
_ROLES = {number: name.removeprefix("ROLE_") for name, number in Role.items()}
_STAGES = {number: name.removeprefix("STAGE_") for name, number in Stage.items()}
_STATUSES = {number: name.removeprefix("STATUS_") for name, number in Status.items()}
_SILENT = "no answer in time"


@dataclass(slots=True)
class Outcome:
    """A decision's substance. `complete`: every required check answered, whoever was waited for. `reports`: ids of
    fired rules whose matches must be reported.
    """

    action: Severity
    complete: bool
    reasons: tuple[Reason, ...]
    labels: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()


def decide(
    contents: Contents,
    verdicts: Mapping[str, Verdict],
    policy: Policy,
    late: bool,
    *,
    overloaded: bool = False,
    open_breakers: Collection[str] = (),
) -> Outcome | None:
    """The outcome, or None while a required answer can still come.

    `verdicts`: the first of each check that was appended in time. `late`: the deadline has passed, what is not
    there does not come. `overloaded`: it may come, but too many requests wait for it to be waited for; where all of
    it is there, this changes nothing. `open_breakers`: "rule:ID" and "tenant:NAME", as the decision records them; a
    BLOCK of that rule or for that tenant is REVIEW, unless the rule is about child safety. What cannot be read ends
    the request at once; a terminal rule decides as soon as it fires, and that somebody has not answered by then is no
    reason; all other rules wait for every required check. The most severe action wins, and what is incomplete is
    never an ALLOW.
    """
    return judge(Asked.of(contents, policy), verdicts, policy, late, overloaded, open_breakers)


def judge(
    asked: Asked,
    verdicts: Mapping[str, Verdict],
    policy: Policy,
    late: bool,
    overloaded: bool,
    open_breakers: Collection[str] = (),
) -> Outcome | None:
    """`decide` of a record that has been read."""
    if not asked.judged:
        return _refused(asked.message)
    waiting = asked.waits(verdicts)
    impatient = late or overloaded
    # Before every check has answered, known content is all that most policies' terminal rules look for.
    if waiting and not impatient and not policy.speaks_first and not listed(verdicts.values()):
        return None
    answers = _Answers(verdicts)
    facts = _facts(asked, answers, policy)
    fired = _Fired(asked.message, facts, RuleView(facts, answers.good), open_breakers)
    fired.apply(policy.terminal)
    if waiting and not impatient and not fired.decisive:
        return None
    shed = overloaded and waiting and not fired.decisive
    fired.apply(policy.ordinary)
    on_incomplete = asked.on_incomplete
    missing, unreadable = _missing(asked, answers, policy)
    complete = not missing and not unreadable
    if fired.decisive:
        # Whoever was not waited for did not fail.
        missing = [reason for reason in missing if reason.detail != _SILENT]
    reasons = [*_generation(asked, policy), *unreadable, *fired.reasons]
    if missing:
        reasons += [_with_action(reason, on_incomplete) for reason in missing]
    if shed:
        detail = "too many requests were waiting"
        reasons.append(Reason(rule="overloaded", action=on_incomplete.value, detail=detail))
    action = Severity(max([reason.action for reason in reasons])) if reasons else Severity.ALLOW
    if not complete and action is Severity.ALLOW:
        action = on_incomplete
    return Outcome(action, complete, tuple(reasons), tuple(fired.labels), tuple(fired.reports))


def _refused(contents: Contents) -> Outcome:
    """From ingest: the request, or a content of it, cannot be judged by anybody."""
    if contents.unprocessable or contents.stage not in (STAGE_PROMPT, STAGE_OUTPUT):
        reasons = [_unprocessable("", contents.unprocessable, contents.detail)]
    else:
        reasons = [_unprocessable(c.id, c.unprocessable, c.detail) for c in contents.contents if c.unprocessable]
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
        """Those that are OK and what others scored all the same, in the order of the checks' names: who was the first
        to answer decides nothing.
        """
        self.by_place: dict[tuple[str, str], tuple[ContentResult, Answer | None]] = {}
        """By check and content: the result, and what was read of it where it is OK. Of two the one that is not."""
        for check in sorted(verdicts):
            for result in verdicts[check].results[:]:
                content_id = result.content_id
                answer = None
                if result.status == STATUS_OK:
                    scores = result.scores
                    # Faster than items(), which makes a view.
                    answer = Answer(check, content_id, result, {category: scores[category] for category in scores})
                    self.good.append(answer)
                elif result.status == STATUS_ABSTAIN and (result.scores or result.matches):
                    self.good.append(_scored(check, result))
                place = check, content_id
                before = self.by_place.get(place)
                if before is None or (before[1] is not None and _sound(before[1].scores)):
                    self.by_place[place] = result, answer

    def scored(self, category: str, content_id: str) -> bool:
        """Whether any check gave the content a score of the category."""
        return any(
            answer is not None and place[1] == content_id and category in answer.scores
            for place, (_, answer) in self.by_place.items()
        )


def _scored(check: str, result: ContentResult) -> Answer:
    """What rules see of a check that abstains: its scores and list entries. The decision stays incomplete."""
    seen = ContentResult(content_id=result.content_id, status=STATUS_OK, scores=result.scores, matches=result.matches)
    return Answer(check, result.content_id, seen, dict(result.scores))


_NO_ANSWER = (None, None)


def _missing(asked: Asked, answers: _Answers, policy: Policy) -> tuple[list[Reason], list[Reason]]:
    """What keeps the decision from being complete, and what a check found to be unreadable."""
    missing: list[Reason] = []
    unreadable: list[Reason] = []
    if not asked.contents:
        missing.append(Reason(rule="incomplete", detail="a request without contents"))
    for content in asked.contents:
        if not content.checks:
            detail = f"no check covers {_ROLES.get(content.role, 'this role')} at this stage"
            missing.append(Reason(rule="incomplete", content_id=content.id, detail=detail))
        for check in content.checks:
            result, answer = answers.by_place.get((check, content.id), _NO_ANSWER)
            if answer is not None and _sound(answer.scores):
                if policy.require:
                    missing += _abstained(answer, answers, policy)
            elif result is not None and result.status == STATUS_UNPROCESSABLE:
                unreadable.append(_by_check(check, content, result))
            else:
                missing.append(_incomplete(check, content, result))
    return missing, unreadable


def _abstained(answer: Answer, answers: _Answers, policy: Policy) -> list[Reason]:
    check, content_id = answer.check, answer.content_id
    return [
        Reason(rule="incomplete", category=category, check=check, content_id=content_id, detail="abstained")
        for category in policy.require
        if category in answer.result.abstained and not answers.scored(category, content_id)
    ]


def _sound(scores: Mapping[str, float]) -> bool:
    """Whether every score is one: NaN is under every threshold, and must not pass for harmless."""
    if not scores:
        return True
    values = scores.values()
    # min and max lose a NaN, a sum does not.
    return not isnan(sum(values)) and min(values) >= 0.0 and max(values) <= 1.0


def _by_check(check: str, content: Content, result: ContentResult) -> Reason:
    return Reason(
        rule="unprocessable",
        check=check,
        content_id=content.id,
        action=Severity.BLOCK.value,
        detail=result.detail,
    )


def _incomplete(check: str, content: Content, result: ContentResult | None) -> Reason:
    if result is None:
        return Reason(rule="incomplete", check=check, content_id=content.id, detail=_SILENT)
    word = "not a score" if result.status == STATUS_OK else _STATUSES.get(result.status, "UNSPECIFIED")
    detail = f"{word} {result.detail}".strip()
    return Reason(rule="incomplete", check=check, content_id=content.id, detail=detail)


def _with_action(reason: Reason, action: Severity) -> Reason:
    reason.action = action.value
    return reason


def _generation(asked: Asked, policy: Policy) -> Sequence[Reason]:
    """Reasons from the PROMPT request that an OUTPUT rests on: anything but its ALLOW blocks."""
    if asked.stage != STAGE_OUTPUT:
        return ()
    contents = asked.message
    if not contents.generation_id:
        if policy.require_generation_id:
            return [Reason(rule="generation-id-required", action=Severity.BLOCK.value)]
        return ()
    found = contents.prompt_decision.action
    if found == ACTION_ALLOW:
        return ()
    word = short_name(Action, found) if found else None
    detail = f"the prompt's decision is {word}" if word else "the prompt has no decision that counts"
    return [Reason(rule="prompt-not-allowed", action=Severity.BLOCK.value, detail=detail)]


class _Fired:
    """The rules that fired so far. A rule that cannot be evaluated counts as BLOCK: an error is never an allow."""

    def __init__(self, contents: Contents, facts: Facts, view: RuleView, open_breakers: Collection[str]) -> None:
        self.reasons: list[Reason] = []
        self.labels: list[str] = []
        self.reports: list[str] = []
        self.decisive = False
        self._contents = contents
        self._facts = facts
        self._view = view
        self._open = open_breakers

    def apply(self, rules: Sequence[Rule]) -> None:
        """Evaluates rules in order."""
        for rule, found in self._view.fired(rules):
            if isinstance(found, RuleError):
                detail = f"{RULE_FAILED}{found}"
                self.reasons.append(Reason(rule=rule.id, action=Severity.BLOCK.value, detail=detail))
            elif not (self._contents.released_from and self._released(rule)):
                self.labels += rule.labels
                if rule.report:
                    self.reports.append(rule.id)
                self.decisive = self.decisive or rule.terminal
                breaker = self._breaker(rule) if self._open else ""
                self.reasons.append(_fired(rule, found, looked_at(rule.when, self._facts), breaker))

    def _released(self, rule: Rule) -> bool:
        """Whether a person has looked at what the rule found: a REVIEW, or a BLOCK while its breaker was open."""
        if rule.action is Severity.REVIEW:
            return True
        return breakable(rule) and rule.id in self._contents.released_rules

    def _breaker(self, rule: Rule) -> str:
        """The open breaker that makes a REVIEW of this rule's BLOCK; empty for none."""
        if breakable(rule):
            for key in (rule_key(rule.id), tenant_key(self._contents.subject.tenant)):
                if key in self._open:
                    return key
        return ""


def _fired(rule: Rule, compared: Compared, looked: str, breaker: str) -> Reason:
    category = compared.category
    reason = Reason(
        rule=rule.id,
        category=category,
        score=compared.score,
        threshold=compared.threshold or looks(rule.when).constants.get(category, 0.0),
        check=compared.check,
        content_id=compared.content_id,
        action=rule.action.value,
        detail=looked,
    )
    if breaker:
        reason.action = Severity.REVIEW.value
        reason.breaker = breaker
        softened = f"breaker {breaker} is open: BLOCK became REVIEW"
        reason.detail = f"{looked}; {softened}" if looked else softened
    return reason


def _facts(asked: Asked, answers: _Answers, policy: Policy) -> Facts:
    message = asked.message
    subject = message.subject
    band = _BANDS.get(subject.age_band, "UNKNOWN")
    contents: list[ContentFacts] = []
    uploads: list[ContentFacts] = []
    generated: list[ContentFacts] = []
    for content in asked.contents:
        role = content.role
        facts = content_facts(content.id, _ROLES.get(role, ""), content.kind, answers.good)
        contents.append(facts)
        if role == ROLE_UPLOAD:
            uploads.append(facts)
        elif role == ROLE_GENERATED:
            generated.append(facts)
    return Facts(
        _STAGES[asked.stage],
        "EDIT" if message.operation == OPERATION_EDIT else "GENERATE",
        band,
        subject.tenant,
        contents,
        uploads,
        generated,
        highest(answers.good),
        policy.thresholds_of(band, _STAGES[asked.stage], subject.tenant),
    )
