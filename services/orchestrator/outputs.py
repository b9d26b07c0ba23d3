"""The records that a decision consists of: itself, and what follows from it. Pure."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.asked import Asked
from orchestrator.decide import Outcome, unprocessable_word
from sluice.policy.model import Policy, Severity
from sluice.v1.asset_pb2 import ApprovedAsset
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import Decision
from sluice.v1.incident_pb2 import Incident, IncidentContent, IncidentText
from sluice.v1.request_pb2 import ROLE_GENERATED, ROLE_UPLOAD, STAGE_OUTPUT, ObjectReference
from sluice.v1.review_pb2 import Review
from sluice.v1.verdict_pb2 import ListMatch, Verdict

_INCIDENTS = uuid.UUID("6f1d7c52-0a1b-5a43-9a4e-5d1c1e9c7b10")
"""Namespace of incident ids."""


@dataclass(slots=True)
class Seen:
    """A verdict as it was read: its offset and append time in the log."""

    verdict: Verdict
    offset: int
    appended_at_ms: int


@dataclass(slots=True)
class Outputs:
    """What goes out in one transaction."""

    decision: Decision
    approved: ApprovedAsset | None
    incidents: Sequence[Incident]
    review: Review | None


def outputs(
    contents: Contents,
    offset: int,
    prepared_at_ms: int,
    seen: Mapping[str, Seen],
    outcome: Outcome,
    policy: Policy,
    open_breakers: Sequence[str] = (),
) -> Outputs:
    """`offset`, `prepared_at_ms`: of the contents record. `open_breakers`: those that it was decided with. The
    decider's clock is filled in by the loop.
    """
    return consequences(Asked.of(contents, policy), offset, prepared_at_ms, seen, outcome, policy, open_breakers)


def consequences(
    asked: Asked,
    offset: int,
    prepared_at_ms: int,
    seen: Mapping[str, Seen],
    outcome: Outcome,
    policy: Policy,
    open_breakers: Sequence[str] = (),
) -> Outputs:
    """`outputs` of a record that has been read."""
    decision = _decision(asked, outcome, policy)
    decision.contents_offset = offset
    decision.prepared_at_ms = prepared_at_ms
    if open_breakers:
        decision.open_breakers.extend(open_breakers)
    _record_inputs(decision, seen)
    contents = asked.message
    action = outcome.action
    return Outputs(
        decision,
        _approved(contents, policy) if action is Severity.ALLOW and asked.stage == STAGE_OUTPUT else None,
        [_incident(contents, rule, seen, policy) for rule in outcome.reports] if outcome.reports else (),
        _review(contents, offset, outcome, policy) if action is Severity.REVIEW else None,
    )


# Messages are made in place and filled field by field. What is made apart is copied, whole, into the message that it
# goes into; a constructor with keywords takes three times as long. What is empty already is not set.


def _decision(asked: Asked, outcome: Outcome, policy: Policy) -> Decision:
    contents = asked.message
    decision = Decision()
    decision.request_id = asked.request_id
    if generation_id := contents.generation_id:
        decision.generation_id = generation_id
    decision.stage = contents.stage
    decision.operation = contents.operation
    decision.lane = contents.lane
    subject = contents.subject
    decision.age_band = subject.age_band
    decision.tenant = subject.tenant
    decision.action = outcome.action.value
    decision.complete = outcome.complete
    if outcome.reasons:
        decision.reasons.extend(outcome.reasons)
    if outcome.labels:
        decision.labels.extend(outcome.labels)
    decision.policy_version = policy.version
    decision.policy_digest = policy.digest
    decision.content_digest = asked.content_digest
    decision.requested_at_ms = contents.requested_at_ms
    decision.deadline_at_ms = asked.deadline_at_ms
    if contents.HasField("prompt_decision"):
        decision.prompt_action = contents.prompt_decision.action
        decision.prompt_offset = contents.prompt_decision.offset
    if released_from := contents.released_from:
        decision.released_from = released_from
        decision.released_rules.extend(contents.released_rules)
    add = decision.contents.add
    for content in asked.contents:
        summary = add()
        summary.id = content.id
        summary.role = content.role
        summary.sha256 = content.sha256
        summary.kind = content.kind
        if content.view_of:
            summary.view_of = content.view_of
    if not asked.judged:
        decision.unprocessable = unprocessable_word(contents.unprocessable)
        for summary, one in zip(decision.contents, contents.contents, strict=True):
            summary.unprocessable = unprocessable_word(one.unprocessable)
    return decision


def _record_inputs(decision: Decision, seen: Mapping[str, Seen]) -> None:
    add = decision.inputs.add
    for check, found in seen.items():
        verdict = found.verdict
        recorded = add()
        recorded.check = check
        recorded.verdict_offset = found.offset
        recorded.appended_at_ms = found.appended_at_ms
        for result in verdict.results[:]:
            recorded.results.add().CopyFrom(result)
        for model in verdict.models[:]:
            recorded.models.add().CopyFrom(model)
        recorded.received_at_ms = verdict.received_at_ms
        recorded.started_at_ms = verdict.started_at_ms
        recorded.finished_at_ms = verdict.finished_at_ms


def _approved(contents: Contents, policy: Policy) -> ApprovedAsset:
    generated = next(c.image for c in contents.contents if c.role == ROLE_GENERATED)
    return ApprovedAsset(
        request_id=contents.request_id,
        operation=contents.operation,
        original=generated.original,
        uploads=[c.image.original for c in contents.contents if c.role == ROLE_UPLOAD and not c.view_of],
        policy_digest=policy.digest,
        content_digest=contents.content_digest,
        pdq=generated.digests.pdq[0] if generated.digests.pdq else b"",
        pdq_quality=generated.digests.pdq_quality,
    )


def _incident(contents: Contents, rule: str, seen: Mapping[str, Seen], policy: Policy) -> Incident:
    matches: dict[str, list[ListMatch]] = {}
    for one in seen.values():
        for result in one.verdict.results:
            # Name lists are no known content: a match with one is nobody's incident.
            known = [match for match in result.matches if match.kind == "csam"]
            if known:
                matches.setdefault(result.content_id, []).extend(known)
    found = [match for of_content in matches.values() for match in of_content]
    return Incident(
        id=_incident_id(contents, rule),
        request_id=contents.request_id,
        account_id=contents.subject.account_id,
        tenant=contents.subject.tenant,
        stage=contents.stage,
        rule=rule,
        contents=[
            IncidentContent(
                content_id=content.id,
                role=content.role,
                original=content.image.original,
                md5=content.image.digests.md5,
                sha1=content.image.digests.sha1,
                matches=matches[content.id],
            )
            for content in contents.contents
            if content.id in matches
        ],
        requested_at_ms=contents.requested_at_ms,
        policy_digest=policy.digest,
        test=bool(found) and all(match.test for match in found),
        held=bool(found) and all(match.quarantined for match in found),
        texts=[
            IncidentText(content_id=content.id, role=content.role, sha256=content.sha256)
            for content in contents.contents
            if content.WhichOneof("body") == "text"
        ],
        generation_id=contents.generation_id,
    )


def _incident_id(contents: Contents, rule: str) -> str:
    """The same match of the same request is the same incident, however often it is read. The request's id alone does
    not tell requests apart: it is the caller's, who may use it again for other contents or another account."""
    subject = contents.subject
    parts = [contents.request_id, rule, subject.tenant, subject.account_id, contents.content_digest.hex()]
    # JSON: no two lists are the same text, whatever is in them.
    return str(uuid.uuid5(_INCIDENTS, json.dumps(parts)))


def _review(contents: Contents, offset: int, outcome: Outcome, policy: Policy) -> Review:
    references: list[ObjectReference] = [
        content.image.original
        for content in contents.contents
        if content.WhichOneof("body") == "image" and not content.view_of
    ]
    return Review(
        request_id=contents.request_id,
        tenant=contents.subject.tenant,
        stage=contents.stage,
        rules=[reason.rule for reason in outcome.reasons if reason.action == Severity.REVIEW.value],
        references=references,
        requested_at_ms=contents.requested_at_ms,
        policy_digest=policy.digest,
        lane=contents.lane,
        contents_offset=offset,
    )
