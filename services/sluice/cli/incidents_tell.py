"""Incidents on a terminal and as JSON. Ids of accounts on a terminal only where one incident is shown."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sluice.cli.incidents_form import is_stuck, phase_of, state_of, time_of
from sluice.cli.tell import one_line, show_table
from sluice.contract.names import short_name
from sluice.v1.reporter_pb2 import (
    INCIDENT_STATE_CONFIRMED,
    INCIDENT_STATE_FAILED,
    INCIDENT_STATE_HELD,
    INCIDENT_STATE_NEW,
    INCIDENT_STATE_RELEASED,
    INCIDENT_STATE_REPORTING,
    IncidentRecord,
    IncidentState,
    ReportRecord,
    Saying,
    StateCount,
)
from sluice.v1.request_pb2 import Role, Stage
from sluice.v1.verdict_pb2 import ListMatch

_ON_THEIR_WAY: Final = (INCIDENT_STATE_NEW, INCIDENT_STATE_CONFIRMED, INCIDENT_STATE_REPORTING)


def table(found: Sequence[IncidentRecord]) -> None:
    """One line each under a head. Whose account it is, `show` tells."""
    head = ["seen", "incident id", "state", "test", "stage", "rule", "report", "tenant", "note"]
    show_table([head, *(_row(one) for one in found)])


def lines(one: IncidentRecord) -> Iterator[str]:
    """All that is known of one, for a person who must say what becomes of it."""
    incident = one.incident
    yield one_line(f"incident     {incident.id}{' (test)' if incident.test else ''}")
    rows = [
        ("state", _state(one)),
        ("request", incident.request_id),
        ("account", incident.account_id),
        ("tenant", incident.tenant),
        ("stage", (short_name(Stage, incident.stage) or "").lower()),
        ("rule", incident.rule),
        ("quarantined", "every match is of an entry in quarantine" if incident.held else ""),
        ("requested", time_of(incident.requested_at_ms)),
        ("seen", time_of(one.seen_at_ms)),
        ("confirmed", time_of(one.confirmed_at_ms)),
        ("appeal", one.appeal_reference),
        ("problem", one.problem),
        ("tries", str(one.tries) if one.tries else ""),
        ("next", time_of(one.due_at_ms)),
    ]
    yield from (one_line(f"{name:<12} {value}") for name, value in rows if value)
    yield from (one_line(f"{'said':<12} {_said(each)}") for each in one.said)
    for content in incident.contents:
        yield one_line(f"{'content':<12} {content.content_id} {(short_name(Role, content.role) or '').lower()}")
        yield from (one_line(f"  {'match':<10} {_match(match)}") for match in content.matches)
    yield from (one_line(f"{'evidence':<12} {each} (`sluice vault show`)") for each in one.evidence_ids)
    if one.evidence_ids:
        yield f"{'originals':<12} {'gone from' if one.purged else 'still in'} the object store"
    if one.HasField("report"):
        yield from _report_lines(one.report)


def what_follows(one: IncidentRecord) -> str:
    """What has become of it, and what comes next: for who has just said something about it."""
    return one_line(f"incident {one.incident.id} is {_state(one)}{_lifted(one)}")


def _lifted(one: IncidentRecord) -> str:
    if one.state != INCIDENT_STATE_RELEASED or not one.confirmed_at_ms or one.incident.test:
        return ""
    if not one.incident.account_id:
        return ""
    return ": it had been confirmed, so accounts.actions says that the ban of its account is lifted"


def others(counts: Iterable[StateCount], stuck: int) -> str:
    """How many there are that wait for nobody and are not over, and how to list them; empty for none. `stuck`: of
    those in a report, how many wait for a person."""
    found = {count.state: count.incidents for count in counts}
    found[INCIDENT_STATE_REPORTING] = max(0, found.get(INCIDENT_STATE_REPORTING, 0) - stuck)
    words = {(short_name(IncidentState, each) or "").lower(): found.get(each, 0) for each in _ON_THEIR_WAY}
    told = {word: count for word, count in words.items() if count}
    if not told:
        return ""
    options = " ".join(f"--state {word}" for word in told)
    return f"not listed: {', '.join(f'{count} {word}' for word, count in told.items())} ({options})"


def _state(one: IncidentRecord) -> str:
    state = state_of(one)
    if is_stuck(one):
        return f"{state}; its report has failed: `sluice incidents report` tries again"
    if one.waits_for:
        return f"{state}: it waits for {one.waits_for}"
    if one.HasField("report"):
        return f"{state}; report {one.report.report_id or 'not opened yet'}, {phase_of(one.report)}"
    if one.state == INCIDENT_STATE_NEW and one.confirmed_at_ms:
        return f"{state}: confirmed; what is left of its evidence is preserved first"
    if one.state == INCIDENT_STATE_HELD:
        return f"{state}: `sluice incidents confirm` or `release`"
    if one.state == INCIDENT_STATE_CONFIRMED:
        return f"{state}: it waits for others of its account (`sluice incidents report` ends that)"
    if one.state == INCIDENT_STATE_FAILED:
        return f"{state}: `sluice incidents report` tries again; it can be confirmed or released, too"
    return state


def _row(one: IncidentRecord) -> list[str]:
    incident = one.incident
    return [
        time_of(one.seen_at_ms) or "-",
        incident.id,
        state_of(one),
        "test" if incident.test else "-",
        (short_name(Stage, incident.stage) or "-").lower(),
        incident.rule,
        f"{one.report.report_id or '-'} {phase_of(one.report)}" if one.HasField("report") else "-",
        incident.tenant or "-",
        one.report.problem or one.problem or "-",
    ]


def _report_lines(report: ReportRecord) -> Iterator[str]:
    yield one_line(f"{'report':<12} {report.number}, {phase_of(report)}")
    rows = [
        ("report id", report.report_id),
        ("opened", time_of(report.opened_at_ms)),
        ("finished", time_of(report.finished_at_ms)),
        ("files", f"{report.files_described} of {report.files} described"),
        ("attempts", str(report.attempts)),
        ("problem", f"{report.problem} (code {report.code})" if report.code else report.problem),
        ("next", time_of(report.due_at_ms)),
    ]
    yield from (one_line(f"  {name:<10} {value}") for name, value in rows if value)
    yield from (one_line(f"  {'incident':<10} {each}") for each in report.incident_ids)


def _said(each: Saying) -> str:
    return f"{time_of(each.at_ms) or '-'} {each.what} by {each.who}{f': {each.why}' if each.why else ''}"


def _match(match: ListMatch) -> str:
    how = f"{match.method}, {match.distance} bits away" if match.distance else match.method
    return f"{match.list}/{match.entry} by {how}{' (test)' if match.test else ''}"
