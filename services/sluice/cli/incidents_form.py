"""Incidents as JSON, and the words for how they stand."""

from typing import Final

from sluice.contract.names import short_name
from sluice.moments import when
from sluice.v1.reporter_pb2 import REPORT_PHASE_FAILED, IncidentRecord, IncidentState, ReportPhase, ReportRecord
from sluice.v1.request_pb2 import Role, Stage

_MOST_MS: Final = 253_402_300_799_000
"""The end of the year 9999, after which a moment has no such form."""


def is_stuck(one: IncidentRecord) -> bool:
    """Whether its report goes on only once a person says so."""
    return one.HasField("report") and one.report.phase == REPORT_PHASE_FAILED


def state_of(one: IncidentRecord) -> str:
    """In one word: "held"."""
    return (short_name(IncidentState, one.state) or "unknown").lower()


def form(one: IncidentRecord) -> dict[str, object]:
    """As JSON. Keys may be added, never renamed or taken away."""
    incident = one.incident
    return {
        "incident_id": incident.id,
        "request_id": incident.request_id,
        "tenant": incident.tenant or None,
        "account_id": incident.account_id or None,
        "stage": (short_name(Stage, incident.stage) or "").lower() or None,
        "rule": incident.rule,
        "state": state_of(one),
        "test": incident.test,
        "held": incident.held,
        "requested_at": time_of(incident.requested_at_ms),
        "seen_at": time_of(one.seen_at_ms),
        "confirmed_at": time_of(one.confirmed_at_ms),
        "appeal_reference": one.appeal_reference or None,
        "evidence": list(one.evidence_ids),
        "purged": one.purged,
        "who": one.who or None,
        "why": one.why or None,
        "said": [
            {"what": each.what, "who": each.who, "why": each.why or None, "at": time_of(each.at_ms)}
            for each in one.said
        ],
        "waits_for": one.waits_for or None,
        "problem": one.problem or None,
        "tries": one.tries,
        "due_at": time_of(one.due_at_ms),
        "matches": [
            {
                "content_id": content.content_id,
                "role": (short_name(Role, content.role) or "").lower() or None,
                "list": match.list,
                "entry": match.entry,
                "method": match.method,
                "distance": match.distance,
            }
            for content in incident.contents
            for match in content.matches
        ],
        "report": _report_form(one.report) if one.HasField("report") else None,
    }


def phase_of(report: ReportRecord) -> str:
    """In one word: "finished"."""
    return (short_name(ReportPhase, report.phase) or "unknown").lower()


def time_of(at_ms: int) -> str | None:
    """UTC, to the second; None: not yet."""
    return when(min(at_ms, _MOST_MS)) if at_ms > 0 else None


def _report_form(report: ReportRecord) -> dict[str, object]:
    return {
        "number": report.number,
        "report_id": report.report_id or None,
        "phase": phase_of(report),
        "attempts": report.attempts,
        "opened_at": time_of(report.opened_at_ms),
        "due_at": time_of(report.due_at_ms),
        "finished_at": time_of(report.finished_at_ms),
        "code": report.code or None,
        "problem": report.problem or None,
        "incidents": list(report.incident_ids),
        "files": report.files,
        "files_described": report.files_described,
    }
