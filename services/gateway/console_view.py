"""One request as the console shows it. Pure. There is no picture in it, no text of the request, and no account."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.console_scores import Answered, answered
from gateway.console_timeline import Chart, chart, spoken
from gateway.follower_recent import is_incident
from gateway.requests_answer import is_allowed
from gateway.requests_known import Known
from gateway.timeline import decided_timeline, pending_timeline
from sluice.contract.names import short_name
from sluice.moments import when
from sluice.policy import words
from sluice.policy.explained import Section, decided_by, sections
from sluice.policy.model import Policy
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.request_pb2 import Lane

_TOLD_ELSEWHERE: Final = frozenset({"Times", "Models", "Policy"})
"""Heads whose facts the page has in other places."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A signed picture, by its digest."""

    sha256: str
    media_type: str
    size: str
    manifest: str


@dataclass(frozen=True, slots=True)
class RequestView:
    """`action`: of the decision, or PENDING, or FAILED. `facts`: name and value. `policy`: which one it was, as a
    sentence; `digest`: its own. `incident`: a content matched a list of known CSAM; `test`: of test material."""

    request_id: str
    action: str
    allowed: bool
    complete: bool
    took: str
    facts: Sequence[tuple[str, str]]
    contents: Sequence[str]
    sections: Sequence[Section]
    labels: Sequence[str]
    policy: str
    digest: str
    incident: bool
    test: bool
    chart: Chart
    answered: Sequence[Answered]
    asset: Asset | None
    failure: str


def request_view(known: Known, policy: Policy | None) -> RequestView:
    """What is shown. `policy`: the one in use, None where it is not at hand."""
    if known.decided is None:
        return _undecided(known)
    decision = known.decided.decision
    same = policy if policy is not None and policy.digest == decision.policy_digest else None
    told = sections(decision, same, "")
    timeline = decided_timeline(known.decided, known.signed)
    first, *contents = words.asked(decision)
    begun = decision.requested_at_ms
    return RequestView(
        request_id=known.request_id,
        action=short_name(Action, decision.action) or "NOT DECIDED",
        allowed=is_allowed(decision),
        complete=decision.complete,
        took=spoken(max(0, known.decided.written_ms - begun)) if begun else "",
        facts=_facts(decision, first),
        contents=contents,
        sections=[section for section in told if section.head not in _TOLD_ELSEWHERE],
        labels=list(decision.labels),
        policy=_about(decision, policy),
        digest=decision.policy_digest.hex(),
        incident=is_incident(decision),
        test=_tests_alone(decision),
        chart=chart(timeline),
        answered=answered(decision, same),
        asset=_asset(known),
        failure="",
    )


def _undecided(known: Known) -> RequestView:
    failed = known.failed
    return RequestView(
        request_id=known.request_id,
        action="PENDING" if failed is None else "FAILED",
        allowed=False,
        complete=False,
        took="",
        facts=[("asked", when(known.taken_ms))] if known.taken_ms else [],
        contents=(),
        sections=(),
        labels=(),
        policy="",
        digest="",
        incident=False,
        test=False,
        chart=chart(pending_timeline(known.request_id, known.heard)),
        answered=(),
        asset=None,
        failure=failed.message if failed is not None else "",
    )


def _facts(decision: Decision, asked: str) -> list[tuple[str, str]]:
    facts = [("asked", asked)]
    if decision.requested_at_ms:
        facts.append(("at", when(decision.requested_at_ms)))
    if decision.deadline_at_ms and decision.requested_at_ms:
        facts.append(("deadline", spoken(decision.deadline_at_ms - decision.requested_at_ms)))
    if decision.lane:
        facts.append(("lane", "bulk" if decision.lane == Lane.LANE_BULK else "interactive"))
    return facts


def _about(decision: Decision, policy: Policy | None) -> str:
    head = decided_by(decision)
    if policy is None:
        return f"{head}; its file is not at hand here: rules are told as they were recorded."
    if policy.digest == decision.policy_digest:
        return f"{head}: the one in use now."
    return f"{head}; version {policy.version} is in use now: rules are told as they were recorded."


def _tests_alone(decision: Decision) -> bool:
    matches = [match for seen in decision.inputs for result in seen.results for match in result.matches]
    return bool(matches) and all(match.test for match in matches)


def _asset(known: Known) -> Asset | None:
    if known.signed is None:
        return None
    signed = known.signed.asset
    size = f"{max(1, signed.signed.size_bytes // 1024):,} KiB"
    return Asset(signed.signed.sha256.hex(), signed.signed.media_type, size, signed.manifest_label)
