"""Incidents and reports as the contract has them."""

from dataclasses import replace

from reporter.actions import announce, appeal_reference
from reporter.backoff import NEVER
from reporter.incident import Saying, Standing
from reporter.report import File, Phase, Report
from reporter.told import PHASES, STATES, counts_told, incident_told
from sluice.v1.account_action_pb2 import AccountAction
from sluice.v1.reporter_pb2 import (
    INCIDENT_STATE_CONFIRMED,
    REPORT_PHASE_DESCRIBING,
    IncidentState,
    ReportPhase,
)
from tests.unit.reporter_incidents import NOW, confirmed


def test_every_standing_and_phase_has_a_number_of_its_own() -> None:
    assert len(set(STATES.values())) == len(Standing) == len(IncidentState.values()) - 1
    assert len(set(PHASES.values())) == len(Phase) == len(ReportPhase.values()) - 1


def test_all_that_is_known_is_told() -> None:
    one = replace(confirmed(), who="ada", why="seen", problem="what went wrong", tries=3, due_ms=NEVER, report=7)
    files = (File("i1", "e1", "f1", described=True), File("i1", "e2"))
    report = Report(
        7, "t", "a", False, ("i1", "i2"), files, NOW, Phase.DESCRIBING, "40", 11, 12, 0, 2, 1000, "away", 1, 99
    )
    told = incident_told(one, report)
    assert told.incident == one.incident()
    assert (told.state, told.seen_at_ms, told.confirmed_at_ms) == (INCIDENT_STATE_CONFIRMED, NOW, NOW)
    assert (list(told.evidence_ids), told.purged) == (["e1"], True)
    assert (told.who, told.why, told.problem, told.tries) == ("ada", "seen", "what went wrong", 3)
    # Nothing is to be done about it.
    assert told.due_at_ms == 0
    found = told.report
    assert (found.number, found.report_id, found.phase) == (7, "40", REPORT_PHASE_DESCRIBING)
    assert (found.begun_at_ms, found.opened_at_ms, found.finished_at_ms) == (NOW, 11, 0)
    assert (found.attempts, found.code, found.problem, found.due_at_ms) == (2, 1000, "away", 99)
    assert (list(found.incident_ids), found.files, found.files_described) == (["i1", "i2"], 2, 1)


def test_who_said_what_and_what_it_waits_for_is_told() -> None:
    one = replace(confirmed(), said=(Saying("confirmed", "ada", "seen", NOW), Saying("report", "bob", "", NOW + 1)))
    told = incident_told(one, None, {True})
    assert [(each.what, each.who, each.why, each.at_ms) for each in told.said] == [
        ("confirmed", "ada", "seen", NOW),
        ("report", "bob", "", NOW + 1),
    ]
    assert told.waits_for == "a tip line: there is none for real incidents (SLUICE_TIPLINE_URL)"
    assert incident_told(confirmed(test=True), None, {False}).waits_for.startswith(
        "a tip line: there is none for inc"
    )
    assert incident_told(one, None, {False}).waits_for == ""
    assert incident_told(replace(one, standing=Standing.HELD), None, ()).waits_for == ""


def test_the_reference_of_its_ban_is_told_where_there_is_one() -> None:
    one = replace(confirmed(), confirmed_at_ms=NOW)
    (ban,) = announce(one)
    assert incident_told(one, None).appeal_reference == AccountAction.FromString(ban.value).appeal_reference != ""
    # The ban is lifted; who appealed may ask again.
    released = replace(one, standing=Standing.RELEASED)
    assert incident_told(released, None).appeal_reference == appeal_reference(one.id)
    for none in (replace(one, confirmed_at_ms=0), replace(one, test=True), replace(one, account_id="")):
        assert incident_told(none, None).appeal_reference == ""


def test_counts_are_of_incidents_alone() -> None:
    found = counts_told({"confirmed": 2, "held": 0, "report failed": 1, "unpublished": 4})
    assert [(each.state, each.incidents) for each in found] == [(INCIDENT_STATE_CONFIRMED, 2)]


def test_what_is_part_of_no_report_tells_of_none() -> None:
    assert not incident_told(confirmed(), None).HasField("report")
