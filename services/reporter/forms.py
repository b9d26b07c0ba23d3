"""From incidents to the tip line's documents: every fact that is known, and none that is guessed. Pure but for the
clock."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from reporter.incident import Filed
from reporter.report import Report
from reporter.tipline.facts import Account, FileFacts, Happening, Match, Prompt, Reporter, ReportFacts
from reporter.tipline.write_details import details_document
from reporter.tipline.write_report import MOST_INFO, report_document
from sluice.errors import TerminalError
from sluice.ids import LONGEST_SUBJECT
from sluice.v1.incident_pb2 import IncidentContent
from sluice.v1.request_pb2 import (
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_TRANSCRIPT,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    Role,
    Stage,
)
from sluice.v1.verdict_pb2 import ListMatch

STAGES: Final[Mapping[Stage.ValueType, str]] = {
    STAGE_PROMPT: "an upload, before anything was generated",
    STAGE_OUTPUT: "a picture that was generated, before anybody got it",
}
KINDS: Final[Mapping[Role.ValueType, str]] = {ROLE_PROMPT: "prompt", ROLE_TRANSCRIPT: "transcript"}
_PERCEPTUAL: Final = "pdq"
_ESCAPED: Final = "The account's id with the reporter cannot be given as it is. As a JSON string (RFC 8259) it is"


class CyberForms:
    """The `Forms` of the CyberTipline."""

    def __init__(self, reporter: Reporter, now: Callable[[], int]) -> None:
        """`reporter`: who reports; `now`: milliseconds since the epoch."""
        self._reporter = reporter
        self._now = now

    def report(self, report: Report, members: Sequence[Filed], earlier: Sequence[str]) -> bytes:
        """See `Forms`."""
        account = _account(report.account_id, earlier) if report.account_id else None
        facts = ReportFacts(self._reporter, account, [_happening(one) for one in members], test=report.test)
        return report_document(facts, _time(self._now()))

    def details(self, report: Report, members: Sequence[Filed], place: int) -> bytes:
        """See `Forms`."""
        file = report.files[place]
        member = next((one for one in members if one.id == file.incident_id), None)
        if member is None or file.evidence_id not in member.evidence:
            raise TerminalError(f"report {report.number}: no incident of it has that evidence")
        content = member.pictures()[member.evidence.index(file.evidence_id)]
        viewed = any(one.viewed and file.evidence_id in one.evidence for one in members)
        return details_document(report.report_id, file.file_id, _file(member, content, viewed))


def _account(account_id: str, earlier: Sequence[str]) -> Account:
    """An id that would not arrive as it is, or that nobody could read, is given escaped, and it is said that it is:
    a wrong one would name somebody else."""
    if len(account_id) <= LONGEST_SUBJECT and account_id.isprintable() and account_id == account_id.strip():
        return Account(account_id, prior_reports=earlier)
    info = f"{_ESCAPED} {json.dumps(account_id)}"
    if len(info) > MOST_INFO:
        raise TerminalError("an account id that is too long for any report")
    return Account("", prior_reports=earlier, info=info)


def _happening(one: Filed) -> Happening:
    incident = one.incident()
    known = incident.requested_at_ms
    return Happening(
        one.id,
        incident.request_id,
        _time(known or one.seen_at_ms),
        STAGES.get(incident.stage, ""),
        incident.rule,
        incident.generation_id,
        [
            Prompt(f"content {each.content_id} of request {incident.request_id}", each.sha256.hex(), _kind(each.role))
            for each in incident.texts
        ],
        recorded=not known,
    )


def _kind(role: Role.ValueType) -> str:
    return KINDS.get(role, "text")


def _file(one: Filed, content: IncidentContent, viewed: bool) -> FileFacts:
    """Nobody gave it a class, and nobody looked at its metadata. `viewed`: a person has seen the whole of it."""
    incident = one.incident()
    generated = content.role == ROLE_GENERATED
    uploaded = content.role == ROLE_UPLOAD and incident.requested_at_ms
    return FileFacts(
        name="",
        generated=generated,
        viewed=viewed,
        uploaded_at=_time(incident.requested_at_ms) if uploaded else None,
        # A rule that reports blocks (policies allow no other): nobody got it. Where else an upload is, nobody knows.
        public=False if generated and incident.stage == STAGE_OUTPUT else None,
        md5=content.md5.hex(),
        sha1=content.sha1.hex(),
        sha256=content.original.sha256.hex(),
        # Of what a real list knows, too, nobody is told that a test list does.
        matches=[_match(each) for each in content.matches if incident.test or not each.test],
        info=[f"Content {content.content_id} of request {incident.request_id}, incident {one.id}."],
    )


def _match(each: ListMatch) -> Match:
    return Match(each.list, each.entry, each.method, each.distance if each.method == _PERCEPTUAL else None)


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
