"""What a decision rested on, out of the decision itself: so that any policy can decide the same request again.

A Decision carries every fact that rules see, and nothing else. What is rebuilt here has no texts, no references to
pictures and no account: a rule sees none of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sluice.contract.names import number_of
from sluice.errors import TerminalError
from sluice.policy.decider import Decide, Decided
from sluice.policy.model import Policy
from sluice.v1.contents_pb2 import UNPROCESSABLE_UNKNOWN_ENUM, UNPROCESSABLE_UNSPECIFIED, Contents, Unprocessable
from sluice.v1.decision_pb2 import Decision, Input
from sluice.v1.request_pb2 import STAGE_OUTPUT, STAGE_PROMPT
from sluice.v1.verdict_pb2 import Verdict


@dataclass(frozen=True, slots=True)
class Recorded:
    """The inputs of a decision: the arguments of `Decide`.

    `verdicts`: those that had come, by check, in their order. `silent`: checks that were waited for until the
    deadline, or for as long as there was room, and did not answer: for them no answer is a fact. Of any other check
    without a verdict nobody knows what it would have said.
    """

    contents: Contents
    verdicts: Mapping[str, Verdict]
    overloaded: bool
    open_breakers: frozenset[str]
    silent: frozenset[str]

    def unknown(self, policy: Policy) -> frozenset[str]:
        """Checks that the policy requires for a content and whose answer was neither there nor waited for.

        They are those that the deciding policy did not require, and, where a terminal rule decided at once, those
        that it did not wait for.
        """
        stage = policy.stages.get(self.contents.stage)
        if stage is None:
            return frozenset()
        roles = {content.role for content in self.contents.contents[:]}
        required = {check for role in roles for check in stage.checks.get(role, ())}
        return frozenset(required - self.verdicts.keys() - self.silent)

    def joined(self, later: Mapping[str, Verdict], policy: Policy) -> "Recorded":
        """The same with verdicts that were appended in time, but after the decision.

        What the policy requires and is not among them did not answer.
        """
        verdicts = {**self.verdicts, **{name: found for name, found in later.items() if name not in self.verdicts}}
        silent = self.silent | (self.unknown(policy) - verdicts.keys())
        return Recorded(self.contents, verdicts, self.overloaded, self.open_breakers, silent)


def recorded(decision: Decision) -> Recorded:
    """The inputs of a decision. Exact: `Decide` with them and the deciding policy gives the same outcome."""
    verdicts = {one.check: _verdict(decision, one) for one in decision.inputs[:]}
    overloaded = False
    waited: set[str] = set()
    for reason in decision.reasons[:]:
        rule = reason.rule
        if rule == "overloaded":
            overloaded = True
        elif rule == "incomplete" and reason.check and reason.check not in verdicts:
            waited.add(reason.check)
    contents = _contents(decision)
    return Recorded(contents, verdicts, overloaded, frozenset(decision.open_breakers), frozenset(waited))


def decided_again(found: Recorded, policy: Policy, decide: Decide) -> Decided:
    """What the policy says of the same request. What was not there is missing: it is not waited for.

    Raises TerminalError where `decide` gives no answer though none is waited for: it is not the orchestrator's.
    """
    outcome = _decide(found, policy, decide, late=True)
    if outcome is None:
        raise TerminalError(f"no decision came of request {found.contents.request_id}")
    return outcome


def told_apart(found: Recorded, policy: Policy, decide: Decide) -> Decided | None:
    """`decided_again`, or None where the policy would have waited for an answer that the record does not hold."""
    if found.unknown(policy):
        return _decide(found, policy, decide, late=False)
    return decided_again(found, policy, decide)


def _decide(found: Recorded, policy: Policy, decide: Decide, late: bool) -> Decided | None:
    return decide(
        found.contents,
        found.verdicts,
        policy,
        late,
        overloaded=found.overloaded,
        open_breakers=found.open_breakers,
    )


def _contents(decision: Decision) -> Contents:
    contents = Contents()
    contents.request_id = decision.request_id
    contents.generation_id = decision.generation_id
    contents.stage = decision.stage
    contents.operation = decision.operation
    contents.lane = decision.lane
    contents.subject.age_band = decision.age_band
    contents.subject.tenant = decision.tenant
    contents.requested_at_ms = decision.requested_at_ms
    contents.deadline_at_ms = decision.deadline_at_ms
    contents.content_digest = decision.content_digest
    contents.released_from = decision.released_from
    contents.released_rules.extend(decision.released_rules)
    if decision.prompt_action or decision.prompt_offset:
        contents.prompt_decision.action = decision.prompt_action
        contents.prompt_decision.offset = decision.prompt_offset
    refused = False
    for summary in decision.contents[:]:
        content = contents.contents.add()
        content.id = summary.id
        content.role = summary.role
        content.sha256 = summary.sha256
        content.view_of = summary.view_of
        if summary.kind == "text":
            content.text.SetInParent()
        elif summary.kind == "image":
            content.image.SetInParent()
        if summary.unprocessable:
            content.unprocessable = _reason_of(summary.unprocessable)
            refused = True
    contents.unprocessable = _reason_of(decision.unprocessable)
    if refused or contents.unprocessable or decision.stage not in (STAGE_PROMPT, STAGE_OUTPUT):
        _put_details(contents, decision)
    return contents


def _put_details(contents: Contents, decision: Decision) -> None:
    """Why something could not be read, in ingest's words: only the reasons hold them."""
    details = {
        reason.content_id: reason.detail.partition(": ")[2]
        for reason in decision.reasons
        if reason.rule == "unprocessable" and not reason.check
    }
    contents.detail = details.get("", "")
    for content in contents.contents:
        content.detail = details.get(content.id, "")


def _reason_of(word: str) -> "Unprocessable.ValueType":
    if not word:
        return UNPROCESSABLE_UNSPECIFIED
    # What is newer than this code cannot be judged all the same.
    return number_of(Unprocessable, word) or UNPROCESSABLE_UNKNOWN_ENUM


def _verdict(decision: Decision, found: Input) -> Verdict:
    verdict = Verdict()
    verdict.request_id = decision.request_id
    verdict.check = found.check
    verdict.lane = decision.lane
    verdict.contents_offset = decision.contents_offset
    verdict.results.extend(found.results)
    verdict.models.extend(found.models)
    verdict.received_at_ms = found.received_at_ms
    verdict.started_at_ms = found.started_at_ms
    verdict.finished_at_ms = found.finished_at_ms
    return verdict
