"""Reports: valid, complete where something is known, silent where it is not."""

from dataclasses import replace
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.tipline.facts import Account, Happening, ReportFacts
from reporter.tipline.schema import load_schema, problems_of
from reporter.tipline.write_report import report_document
from reporter.tipline.xml_read import read_xml
from sluice.errors import TerminalError
from tests.unit.tipline_samples import AT, NOW, REPORTER, full_report, happening, least_report

_SCHEMA = load_schema()


def made(facts: ReportFacts) -> Element:
    """The document, which must be valid."""
    data = report_document(facts, NOW)
    assert problems_of(_SCHEMA, data, "report") == []
    return read_xml(data)


def test_the_least_that_can_be_said() -> None:
    root = made(least_report())
    assert [child.tag for child in root] == ["incidentSummary", "reporter", "additionalInfo"]
    assert root.findtext("incidentSummary/incidentDateTime") == "2026-11-21T08:30:15Z"
    assert root.find("incidentSummary/escalateToHighPriority") is None
    assert root.find("incidentSummary/incidentDateTimeDescription") is None


def test_everything_that_is_known_is_told() -> None:
    root = made(full_report())
    user = "personOrUserReported/"
    assert root.findtext(f"{user}espIdentifier") == "account-1"
    assert [each.text for each in root.findall(f"{user}priorCTReports")] == ["4000001", "4000002"]
    emails = root.findall(f"{user}personOrUserReportedPerson/email")
    assert [each.attrib for each in emails] == [{"verified": "true"}, {}]
    assert root.findtext(f"{user}accountPermanentlyDisabled") == "true"
    assert root.findtext(f"{user}ipCaptureEvent/dateTime") == "2026-11-21T08:30:15Z"
    assert root.findtext("reporter/contactPerson/email") == "legal@service.invalid"
    assert root.findtext("internetDetails/webPageIncident/url") == "https://service.invalid/make"
    assert root.findtext("incidentSummary/escalateToHighPriority") == "urgent"


def test_several_incidents_are_one_report_about_the_first() -> None:
    root = made(full_report())
    assert root.findtext("incidentSummary/incidentDateTime") == "2026-11-21T08:30:15Z"
    description = root.findtext("incidentSummary/incidentDateTimeDescription", "")
    assert description.startswith("2 incidents")
    assert "2026-11-21T09:30:15Z" in description
    info = root.findtext("additionalInfo", "")
    assert info.index("incident-1") < info.index("incident-2")
    assert "request-2, generation generation-7" in info


def test_a_prompt_is_a_reference_unless_its_words_are_wanted() -> None:
    info = made(least_report()).findtext("additionalInfo", "")
    assert "evidence-9" in info
    assert "ab" * 32 in info
    assert "The prompt: " not in info
    told = made(full_report()).findtext("additionalInfo", "")
    assert 'The prompt: a prompt with <b>&"quotes"</b>\ufffd' in told


def test_a_time_that_nobody_knows_is_that_of_the_record_and_says_so() -> None:
    root = made(replace(least_report(), happenings=[replace(happening(), recorded=True)]))
    assert root.findtext("incidentSummary/incidentDateTime") == "2026-11-21T08:30:15Z"
    assert "not known" in root.findtext("incidentSummary/incidentDateTimeDescription", "")
    assert "time of the request not known" in root.findtext("additionalInfo", "")


def test_a_test_says_so_before_anything_else() -> None:
    info = made(replace(least_report(), test=True)).findtext("additionalInfo", "")
    assert info.startswith("TEST")
    assert "TEST" not in made(least_report()).findtext("additionalInfo", "")


def test_what_is_too_long_loses_its_prompts_before_its_incidents() -> None:
    many = [replace(happening(id_=f"incident-{at}"), prompts=[*happening().prompts] * 3) for at in range(75)]
    info = made(replace(least_report(), happenings=many)).findtext("additionalInfo", "")
    assert "Incident incident-74, request" in info
    assert "incident-74: the service" not in info
    # Whole lines, and how many are not there.
    lines = info.splitlines()
    assert all(line.endswith(".") for line in lines)
    assert f"{1 + 75 + 3 * 75 - (len(lines) - 1)} more lines are left out here" in lines[-1]
    assert len(info) <= 20_000


def test_as_many_incidents_as_a_report_may_have_are_all_named() -> None:
    stage = "a picture that was generated, before anybody got it"
    widest = Happening("i" * 36, "r" * 36, AT, stage, "known-csam", "g" * 36)
    info = made(replace(least_report(), happenings=[widest] * 75, test=True)).findtext("additionalInfo", "")
    assert info.count(f"Incident {'i' * 36}, request {'r' * 36}, generation {'g' * 36}") == 75
    assert "left out" not in info


def test_no_incident_is_in_the_future() -> None:
    root = made(replace(least_report(), happenings=[happening(NOW + timedelta(minutes=5))]))
    assert root.findtext("incidentSummary/incidentDateTime") == "2026-11-22T12:00:00Z"


def test_what_cannot_be_reported() -> None:
    with pytest.raises(TerminalError, match="no incident"):
        report_document(replace(least_report(), happenings=[]), NOW)
    without_zone = happening(datetime(2026, 1, 1))  # noqa: DTZ001 - a time without a zone is what is refused
    with pytest.raises(TerminalError, match="zone"):
        report_document(replace(least_report(), happenings=[without_zone]), NOW)


def test_an_id_is_never_cut_short() -> None:
    facts = replace(least_report(), account=Account("a" * 256))
    data = report_document(facts, NOW)
    assert problems_of(_SCHEMA, data, "report") == [
        "/report/personOrUserReported/espIdentifier: has 256 characters, more than 255"
    ]


@given(
    st.text(min_size=1, max_size=100), st.text(max_size=4000), st.lists(st.text(min_size=1, max_size=300), max_size=3)
)
def test_whatever_people_write_the_document_is_valid(name: str, urgent: str, names: list[str]) -> None:
    account = Account("account-1", display_names=names, info=urgent)
    facts = ReportFacts(
        replace(REPORTER, service=name, terms_of_service=urgent), account, [happening(AT)], (), urgent
    )
    made(facts)
