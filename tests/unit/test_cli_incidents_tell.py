"""Incidents as people and programs see them."""

import pytest

from sluice.cli.incidents_form import form
from sluice.cli.incidents_tell import lines, table, what_follows
from sluice.v1.reporter_pb2 import (
    INCIDENT_STATE_CONFIRMED,
    INCIDENT_STATE_HELD,
    INCIDENT_STATE_NEW,
    INCIDENT_STATE_RELEASED,
    INCIDENT_STATE_REPORTED,
    REPORT_PHASE_FINISHED,
    REPORT_PHASE_READY,
    IncidentRecord,
    IncidentState,
)
from tests.unit.incident_records import ACCOUNT, APPEAL, NO_TIP_LINE, RECORDS, WHEN, record

HELD = record("held", INCIDENT_STATE_HELD)


def test_one_as_json() -> None:
    assert form(record("one", INCIDENT_STATE_REPORTED, REPORT_PHASE_FINISHED)) == {
        "incident_id": "one",
        "request_id": "request-of-one",
        "tenant": "studio",
        "account_id": ACCOUNT,
        "stage": "prompt",
        "rule": "known-csam",
        "state": "reported",
        "test": True,
        "held": False,
        "requested_at": WHEN,
        "seen_at": WHEN,
        "confirmed_at": None,
        "appeal_reference": None,
        "evidence": ["ab" * 32],
        "purged": True,
        "who": None,
        "why": None,
        "said": [{"what": "confirmed", "who": "ann", "why": "the same picture", "at": WHEN}],
        "waits_for": None,
        "problem": None,
        "tries": 0,
        "due_at": None,
        "matches": [
            {"content_id": "c0", "role": "upload", "list": "test-bank", "entry": "e1", "method": "pdq", "distance": 6}
        ],
        "report": {
            "number": 3,
            "report_id": "4000001",
            "phase": "finished",
            "attempts": 1,
            "opened_at": None,
            "due_at": None,
            "finished_at": WHEN,
            "code": None,
            "problem": None,
            "incidents": ["one"],
            "files": 1,
            "files_described": 1,
        },
    }


def test_the_reference_of_an_appeal_is_shown() -> None:
    one = record("reported", INCIDENT_STATE_REPORTED, REPORT_PHASE_FINISHED)
    assert form(one)["appeal_reference"] == APPEAL
    assert f"{'appeal':<12} {APPEAL}" in list(lines(one))
    assert not [line for line in lines(HELD) if line.startswith("appeal")]


def test_what_is_not_known_is_null_and_a_strange_number_no_obstacle() -> None:
    newer = IncidentState.ValueType(99)
    told = form(IncidentRecord(state=newer, seen_at_ms=(1 << 62) - 1))
    assert (told["state"], told["account_id"], told["stage"], told["report"]) == ("99", None, None, None)
    assert told["seen_at"] == "9999-12-31T23:59:59Z"


def test_a_list_and_an_answer_tell_nobodys_account(capsys: pytest.CaptureFixture[str]) -> None:
    table(RECORDS)
    told = capsys.readouterr().out
    assert all(one.incident.id in told for one in RECORDS)
    assert "the document is not valid" in told
    assert ACCOUNT not in told + "".join(what_follows(one) for one in RECORDS)


def test_one_that_is_shown_tells_all(capsys: pytest.CaptureFixture[str]) -> None:
    told = "\n".join(lines(record("one", INCIDENT_STATE_REPORTED, REPORT_PHASE_FINISHED)))
    for words in (
        ACCOUNT,
        "test-bank/e1 by pdq, 6 bits away (test)",
        "ab" * 32,
        "4000001",
        "gone from",
        WHEN,
        "confirmed by ann: the same picture",
    ):
        assert words in told


def test_what_comes_next_is_said() -> None:
    assert what_follows(HELD) == "incident held is held: `sluice incidents confirm` or `release`"
    confirmed = record("one", INCIDENT_STATE_CONFIRMED)
    assert "`sluice incidents report` ends that" in what_follows(confirmed)
    waiting = record("one", INCIDENT_STATE_HELD, REPORT_PHASE_READY)
    waiting.report.report_id = ""
    assert what_follows(waiting).endswith("report not opened yet, ready")
    stuck = next(one for one in RECORDS if one.incident.id == "stuck")
    assert "`sluice incidents report` tries again" in what_follows(stuck)


def test_who_releases_is_told_that_a_ban_ends_and_who_waits_for_a_tip_line_that_there_is_none() -> None:
    released = record("one", INCIDENT_STATE_RELEASED)
    assert what_follows(released) == "incident one is released"
    released.confirmed_at_ms, released.incident.test = 1, False
    assert what_follows(released).endswith("accounts.actions says that the ban of its account is lifted")
    confirmed = record("one", INCIDENT_STATE_CONFIRMED)
    confirmed.waits_for = NO_TIP_LINE
    assert what_follows(confirmed) == f"incident one is confirmed: it waits for {NO_TIP_LINE}"


def test_nothing_that_others_wrote_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    bad = IncidentRecord.FromString(HELD.SerializeToString())
    bad.incident.account_id = bad.incident.tenant = bad.incident.request_id = bad.problem = "a\x1b[31m\nb"
    bad.incident.contents[0].matches[0].entry = "a\x1b[31m\nb"
    table([bad])
    told = capsys.readouterr().out + "\n".join(lines(bad)) + what_follows(bad)
    assert "\x1b" not in told
    assert "\nb" not in told


def test_what_was_confirmed_after_it_had_failed_says_what_comes_first() -> None:
    one = record("one", INCIDENT_STATE_NEW)
    one.confirmed_at_ms = 1
    assert "preserved first" in what_follows(one)
