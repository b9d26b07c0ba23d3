"""Incidents and reports of the ledger as the contract has them. Pure."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from reporter.actions import appeal_reference, bans
from reporter.backoff import NEVER
from reporter.incident import Filed, Standing
from reporter.ledger import KINDS
from reporter.report import Phase, Report
from sluice.v1 import reporter_pb2
from sluice.v1.reporter_pb2 import IncidentRecord, ReportRecord, Saying, StateCount

STATES: Final[Mapping[Standing, reporter_pb2.IncidentState.ValueType]] = MappingProxyType(
    {each: reporter_pb2.IncidentState.Value(f"INCIDENT_STATE_{each.name}") for each in Standing}
)
PHASES: Final[Mapping[Phase, reporter_pb2.ReportPhase.ValueType]] = MappingProxyType(
    {each: reporter_pb2.ReportPhase.Value(f"REPORT_PHASE_{each.name}") for each in Phase}
)
_FOR_A_TIP_LINE: Final = frozenset({Standing.CONFIRMED, Standing.REPORTING})


def incident_told(one: Filed, report: Report | None, kinds: Collection[bool] = KINDS) -> IncidentRecord:
    """`report`: that which it is part of; `kinds`: of incidents, those that a tip line takes."""
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
        waits_for=no_tip_line(one.test) if one.standing in _FOR_A_TIP_LINE and one.test not in kinds else "",
        appeal_reference=appeal_reference(one.id) if one.confirmed_at_ms and bans(one) else "",
        said=[Saying(what=each.what, who=each.who, why=each.why, at_ms=each.at_ms) for each in one.said],
    )
    if report is not None:
        found.report.CopyFrom(report_told(report))
    return found


def counts_told(counts: Mapping[str, int]) -> Sequence[StateCount]:
    """Incidents by state, out of `Ledger.counts`."""
    return [
        StateCount(state=number, incidents=counts[state]) for state, number in STATES.items() if counts.get(state)
    ]


def no_tip_line(test: bool) -> str:
    """Why one of this kind is not reported."""
    return f"a tip line: there is none for {kind_of(test)} (SLUICE_TIPLINE_URL)"


def kind_of(test: bool) -> str:
    """Incidents of one of the two kinds, in words."""
    return "incidents of test lists" if test else "real incidents"


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
