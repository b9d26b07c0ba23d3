"""Incidents and reports of the ledger as the contract has them. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from reporter.backoff import NEVER
from reporter.incident import Filed, Standing
from reporter.report import Phase, Report
from sluice.v1 import reporter_pb2
from sluice.v1.reporter_pb2 import IncidentRecord, ReportRecord

STATES: Final[Mapping[Standing, reporter_pb2.IncidentState.ValueType]] = MappingProxyType(
    {each: reporter_pb2.IncidentState.Value(f"INCIDENT_STATE_{each.name}") for each in Standing}
)
PHASES: Final[Mapping[Phase, reporter_pb2.ReportPhase.ValueType]] = MappingProxyType(
    {each: reporter_pb2.ReportPhase.Value(f"REPORT_PHASE_{each.name}") for each in Phase}
)


def incident_told(one: Filed, report: Report | None) -> IncidentRecord:
    """`report`: that which it is part of."""
    found = IncidentRecord(
        incident=one.incident(),
        state=STATES[one.standing],
        seen_at_ms=one.seen_at_ms,
        confirmed_at_ms=one.confirmed_at_ms,
        evidence_ids=one.kept(),
        purged=one.purged,
        who=one.who,
        why=one.why,
        problem=one.problem,
        tries=one.tries,
        due_at_ms=_due(one.due_ms),
    )
    if report is not None:
        found.report.CopyFrom(report_told(report))
    return found


def report_told(report: Report) -> ReportRecord:
    """One report."""
    return ReportRecord(
        number=report.number,
        report_id=report.report_id,
        phase=PHASES[report.phase],
        begun_at_ms=report.begun_at_ms,
        opened_at_ms=report.opened_at_ms,
        finished_at_ms=report.finished_at_ms,
        attempts=report.attempts,
        code=report.code,
        problem=report.problem,
        incident_ids=report.members,
        files=len(report.files),
        files_described=sum(each.described for each in report.files),
        due_at_ms=_due(report.due_ms),
    )


def _due(ms: int) -> int:
    return 0 if ms == NEVER else ms
