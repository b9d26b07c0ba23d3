"""What does the policy say of a request, given what the checks saw? Pure: no clock, no I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sluice.contract.names import short_name
from sluice.policy.facts import Compared, RuleError, RuleView, Scores, content_value
from sluice.policy.model import Policy, Rule, Severity, StagePolicy
from sluice.v1.contents_pb2 import Contents, PreparedContent, Unprocessable
from sluice.v1.decision_pb2 import ACTION_ALLOW, Action, Reason
from sluice.v1.request_pb2 import AgeBand, Operation, Role, Stage
from sluice.v1.verdict_pb2 import STATUS_OK, STATUS_UNPROCESSABLE, ContentResult, Status, Verdict

_BANDS = {number: name.removeprefix("AGE_BAND_") for name, number in AgeBand.items()}
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


def decide(contents: Contents, verdicts: Mapping[str, Verdict], policy: Policy, late: bool) -> Outcome | None:
    """The outcome, or None while a required answer can still come.

    `verdicts`: the first of each check that was appended in time. `late`: the deadline has passed, what is not
    there does not come. What cannot be read ends the request at once; a terminal rule decides as soon as it
    fires; all other rules wait for every required check. The most severe action wins, and what is incomplete is
    never an ALLOW.
    """
    refused = _refused(contents)
    if refused:
        return Outcome(Severity.BLOCK, complete=False, reasons=refused)
    stage = policy.stages[contents.stage]
    missing, unreadable = _missing(contents, verdicts, stage, policy)
    waiting = any(reason.check and reason.check not in verdicts for reason in missing)
    fired = _Fired(contents, verdicts, policy)
    fired.apply(rule for rule in policy.rules if rule.terminal)
    if waiting and not late and not fired.decisive:
        return None
    fired.apply(rule for rule in policy.rules if not rule.terminal)
    reasons = [*_generation(contents, policy), *unreadable, *fired.reasons]
    if missing:
        reasons += [_with_action(reason, stage.on_incomplete) for reason in missing]
    action = Severity(max((reason.action for reason in reasons), default=Severity.ALLOW))
    complete = not missing and not unreadable
    if not complete and action is Severity.ALLOW:
        action = stage.on_incomplete
    return Outcome(action, complete, tuple(reasons), tuple(fired.labels), tuple(fired.reports))


def _refused(contents: Contents) -> tuple[Reason, ...]:
    """Reasons from ingest: the request, or a content of it, cannot be judged by anybody."""
    if contents.unprocessable or contents.stage not in (Stage.STAGE_PROMPT, Stage.STAGE_OUTPUT):
        return (_unprocessable("", contents.unprocessable, contents.detail),)
    return tuple(_unprocessable(c.id, c.unprocessable, c.detail) for c in contents.contents if c.unprocessable)


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


def _missing(
    contents: Contents, verdicts: Mapping[str, Verdict], stage: StagePolicy, policy: Policy
) -> tuple[list[Reason], list[Reason]]:
    """What keeps the decision from being complete, and what a check found to be unreadable."""
    missing: list[Reason] = []
    unreadable: list[Reason] = []
    if not contents.contents:
        missing.append(Reason(rule="incomplete", detail="a request without contents"))
    answers = {
        (check, result.content_id): result for check, verdict in verdicts.items() for result in verdict.results
    }
    for content in contents.contents:
        required = stage.checks.get(content.role, ())
        if not required:
            detail = f"no check covers {_ROLES.get(content.role, 'this role')} at this stage"
            missing.append(Reason(rule="incomplete", content_id=content.id, detail=detail))
        for check in required:
            result = answers.get((check, content.id))
            if result is not None and result.status == STATUS_UNPROCESSABLE:
                unreadable.append(_by_check(check, content, result))
            elif result is None or result.status != STATUS_OK or not _sound(result):
                missing.append(_incomplete(check, content, result))
            else:
                missing += [
                    Reason(
                        rule="incomplete",
                        category=category,
                        check=check,
                        content_id=content.id,
                        detail="abstained",
                    )
                    for category in policy.require
                    if category in result.abstained and not _scored(category, content.id, answers)
                ]
    return missing, unreadable


def _sound(result: ContentResult) -> bool:
    """Whether every score is one: NaN is under every threshold, and must not pass for harmless."""
    return all(0.0 <= score <= 1.0 for score in result.scores.values())


def _scored(category: str, content_id: str, answers: Mapping[tuple[str, str], ContentResult]) -> bool:
    return any(
        category in result.scores
        for (_, cid), result in answers.items()
        if cid == content_id and result.status == STATUS_OK
    )


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
    if contents.stage != Stage.STAGE_OUTPUT:
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

    def __init__(self, contents: Contents, verdicts: Mapping[str, Verdict], policy: Policy) -> None:
        self.reasons: list[Reason] = []
        self.labels: list[str] = []
        self.reports: list[str] = []
        self.decisive = False
        self._released = bool(contents.released_from)
        self._view = _view(contents, verdicts, policy)

    def apply(self, rules: Iterable[Rule]) -> None:
        """Evaluates rules in order."""
        for rule in rules:
            self._apply(rule)

    def _apply(self, rule: Rule) -> None:
        try:
            fires = self._view.holds(rule.program)
        except RuleError as error:
            self.reasons.append(Reason(rule=rule.id, action=Severity.BLOCK.value, detail=f"rule failed: {error}"))
            return
        # A person has looked: REVIEW rules are satisfied by a release, BLOCK rules are not.
        if not fires or (self._released and rule.action is Severity.REVIEW):
            return
        self.labels += rule.labels
        if rule.report:
            self.reports.append(rule.id)
        self.decisive = self.decisive or rule.terminal
        self.reasons.append(self._reason(rule))

    def _reason(self, rule: Rule) -> Reason:
        compared = max(self._view.compared, key=_margin, default=Compared())
        content_id = compared.content_id
        if not content_id:
            found = self._view.contents_where(rule.program)
            content_id = found[0] if found else ""
        return Reason(
            rule=rule.id,
            category=compared.category,
            score=compared.score,
            threshold=compared.threshold,
            check=compared.check,
            content_id=content_id,
            action=rule.action.value,
        )


def _margin(compared: Compared) -> float:
    return compared.score - compared.threshold


def _view(contents: Contents, verdicts: Mapping[str, Verdict], policy: Policy) -> RuleView:
    band = _BANDS.get(contents.subject.age_band, "UNKNOWN")
    words = {
        "stage": _STAGES[contents.stage],
        "operation": "EDIT" if contents.operation == Operation.OPERATION_EDIT else "GENERATE",
        "age_band": "UNKNOWN" if band == "UNSPECIFIED" else band,
        "tenant": contents.subject.tenant,
    }
    scores = Scores()
    by_content: dict[str, list[ContentResult]] = {}
    for check, verdict in verdicts.items():
        for result in verdict.results:
            if result.status == STATUS_OK:
                scores.add(check, result)
                by_content.setdefault(result.content_id, []).append(result)
    values = [
        content_value(c.id, _ROLES.get(c.role, ""), c.WhichOneof("body") or "", by_content.get(c.id, []))
        for c in contents.contents
    ]
    thresholds = {category: policy.threshold(category, band) for category in policy.thresholds["default"]}
    return RuleView(words, values, scores, thresholds)
