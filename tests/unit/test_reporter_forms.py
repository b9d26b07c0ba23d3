"""From an incident to documents that the schema takes."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, fromstring

import pytest

from reporter.forms import CyberForms
from reporter.incident import Filed, filed, preserved
from reporter.report import File, Phase, Report, files_of
from reporter.tipline.schema import load_schema, problems_of
from reporter.tipline.xml_write import written
from sluice.errors import TerminalError
from sluice.v1.incident_pb2 import Incident, IncidentContent, IncidentText
from sluice.v1.request_pb2 import (
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_TRANSCRIPT,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    ObjectReference,
    Role,
    Stage,
)
from sluice.v1.verdict_pb2 import ListMatch
from tests.unit.tipline_samples import REPORTER

NOW = 1_790_000_000_000
FORMS = CyberForms(REPORTER, lambda: NOW)


def content(name: str, role: Role.ValueType) -> IncidentContent:
    return IncidentContent(
        content_id=name,
        role=role,
        original=ObjectReference(uri=f"file:///o/{name}", sha256=name.encode().ljust(32), size_bytes=9),
        md5=b"m" * 16,
        sha1=b"s" * 20,
        matches=[ListMatch(list="sluice-test", entry="e7", kind="csam", method="pdq", distance=3)],
    )


def an_incident(number: int, stage: Stage.ValueType, *contents: IncidentContent, account: str = "a-1") -> Filed:
    incident = Incident(
        id=f"i{number}", request_id=f"r{number}", account_id=account, stage=stage, rule="known-csam",
        contents=contents, requested_at_ms=NOW - 1000 * number, generation_id=f"g{number}",
        texts=[
            IncidentText(content_id="c8", role=ROLE_PROMPT, sha256=b"p" * 32),
            IncidentText(content_id="c9", role=ROLE_TRANSCRIPT, sha256=b"q" * 32),
        ],
    )  # fmt: skip
    return preserved(filed(incident, NOW), tuple(f"e-{each.content_id}" for each in contents), False, NOW, 0)


UPLOADED = an_incident(1, STAGE_PROMPT, content("c0", ROLE_UPLOAD))
GENERATED = an_incident(2, STAGE_OUTPUT, content("c1", ROLE_UPLOAD), content("c2", ROLE_GENERATED))
MEMBERS = [UPLOADED, GENERATED]


def report(account: str = "a-1") -> Report:
    files = tuple(replace(one, file_id=f"file-{at}") for at, one in enumerate(files_of(MEMBERS)))
    return Report(1, "t", account, False, ("i1", "i2"), files, NOW, Phase.OPEN, report_id="4000001")


def valid(document: bytes, name: str) -> Element:
    assert problems_of(load_schema(), document, name) == []
    return fromstring(document)


def test_a_report_names_the_account_the_incidents_and_the_reports_before_it() -> None:
    root = valid(FORMS.report(report(), MEMBERS, ["4000000"]), "report")
    assert root.findtext("personOrUserReported/espIdentifier") == "a-1"
    assert root.findtext("personOrUserReported/priorCTReports") == "4000000"
    words = root.findtext("additionalInfo") or ""
    assert all(word in words for word in ("i1", "r1", "i2", "r2", "known-csam", "an upload", "was generated"))
    assert "generation g1" in words
    for kind, name, digest in (("prompt", "c8", b"p" * 32), ("transcript", "c9", b"q" * 32)):
        assert (
            f"Incident i1: the service finds what it has kept of the {kind} by content {name} of request r1" in words
        )
        assert digest.hex() in words
    assert "TEST" not in words


@pytest.mark.parametrize(
    "account", ["a\0b", "a\nb", " a", "a ", "a\ufffeb", "a\u200bb", "\x85", "ä" * 256, 'a"\\\x01', "\U0001f600\r"]
)
def test_an_account_id_that_would_arrive_as_another_one_is_told_in_full(account: str) -> None:
    root = valid(FORMS.report(report(account), MEMBERS, ["4000000"]), "report")
    assert root.find("personOrUserReported/espIdentifier") is None
    assert root.findtext("personOrUserReported/priorCTReports") == "4000000"
    words = root.findtext("personOrUserReported/additionalInfo", "")
    assert words.startswith("The account's id with the reporter cannot be given as it is. As a JSON string")
    assert json.loads(words[words.index('"') :]) == account


@pytest.mark.parametrize("account", ["a b", "ä-ö", "o'neil <a@b>&", "\U0001f600", "a" * 255])
def test_an_account_id_that_xml_can_hold_is_given_as_it_is(account: str) -> None:
    root = valid(FORMS.report(report(account), MEMBERS, ()), "report")
    assert root.findtext("personOrUserReported/espIdentifier") == account
    assert root.find("personOrUserReported/additionalInfo") is None


def test_an_account_id_that_is_endless_is_shown_to_a_person() -> None:
    with pytest.raises(TerminalError, match="too long") as caught:
        FORMS.report(report("canary" * 4000), MEMBERS, ())
    assert "canary" not in str(caught.value)


def test_a_test_is_marked_as_one() -> None:
    root = valid(FORMS.report(replace(report(), test=True), MEMBERS, ()), "report")
    assert (root.findtext("additionalInfo") or "").startswith("TEST")


def test_a_time_that_is_not_known_is_not_made_up() -> None:
    timeless = Incident(id="i1", request_id="r1", contents=[content("c0", ROLE_UPLOAD)])
    one = preserved(filed(timeless, NOW - 7000), ("e-c0",), False, NOW, 0)
    root = valid(FORMS.report(report(), [one], ()), "report")
    assert root.findtext("incidentSummary/incidentDateTime") == written(datetime.fromtimestamp(NOW / 1000 - 7, UTC))
    assert "not known" in root.findtext("incidentSummary/incidentDateTimeDescription", "")
    details = valid(FORMS.details(replace(report(), files=(File("i1", "e-c0", "f"),)), [one], 0), "fileDetails")
    assert details.find("uploadedToEspTimestamp") is None


def test_nobody_is_reported_where_nobody_is_known() -> None:
    root = valid(FORMS.report(report(account=""), MEMBERS, ()), "report")
    assert root.find("personOrUserReported") is None


@pytest.mark.parametrize(("place", "generated", "uploaded"), [(0, False, True), (1, False, True), (2, True, False)])
def test_a_file_says_where_it_came_from_and_why(place: int, generated: bool, uploaded: bool) -> None:
    root = valid(FORMS.details(report(), MEMBERS, place), "fileDetails")
    assert (root.findtext("reportId"), root.findtext("fileId")) == ("4000001", f"file-{place}")
    assert (root.find("fileAnnotations/generativeAi") is not None) is generated
    assert (root.find("uploadedToEspTimestamp") is not None) is uploaded
    assert root.findtext("fileViewedByEsp") == "false"
    assert root.findtext("publiclyAvailable") == ("false" if generated else None)
    assert root.find("industryClassification") is None
    assert {each.get("hashType") for each in root.findall("originalFileHash")} == {"MD5", "SHA1", "SHA256"}
    words = " ".join(each.text or "" for each in root.findall("additionalInfo"))
    assert f"content c{place}".lower() in words.lower()
    assert "3 bits" in words


def test_a_file_is_viewed_where_a_person_who_confirmed_it_says_so() -> None:
    seen = replace(GENERATED, viewed=True)
    for place, viewed in ((0, "false"), (1, "true"), (2, "true")):
        root = valid(FORMS.details(report(), [UPLOADED, seen], place), "fileDetails")
        assert root.findtext("fileViewedByEsp") == viewed
        assert root.findtext("exifViewedByEsp") == "false"


def test_a_file_of_several_incidents_was_seen_with_any_of_them() -> None:
    other = replace(an_incident(3, STAGE_PROMPT, content("c0", ROLE_UPLOAD)), viewed=True)
    root = valid(FORMS.details(report(), [UPLOADED, other], 0), "fileDetails")
    assert root.findtext("fileViewedByEsp") == "true"


def test_a_file_of_nobody_is_refused() -> None:
    strange = replace(report(), files=(File("i1", "somebody else's", "file-0"),))
    with pytest.raises(TerminalError, match="no incident"):
        FORMS.details(strange, MEMBERS, 0)


def by(list_: str, test: bool) -> ListMatch:
    return ListMatch(list=list_, entry="e1", kind="csam", method="sha256", test=test)


def mixed() -> Filed:
    """A request with a picture that a test list knows, one that a real list knows, and one that both know."""
    trial, real, both = (content(name, ROLE_UPLOAD) for name in ("c0", "c1", "c2"))
    known = by("real", False)
    for each, matches in ((trial, [by("trial", True)]), (real, [known]), (both, [known, by("trial", True)])):
        del each.matches[:]
        each.matches.extend(matches)
    return an_incident(1, STAGE_PROMPT, trial, real, both)


def test_what_test_lists_alone_know_is_in_no_real_report() -> None:
    one = mixed()
    assert [each.evidence_id for each in files_of([one])] == ["e-c1", "e-c2"]
    # Another incident of the account may be about the same bytes, by a real list.
    again = preserved(filed(Incident(id="i9", contents=[one.pictures()[1]]), NOW), ("e-c0",), False, NOW, 0)
    assert [each.evidence_id for each in files_of([one, again])] == ["e-c1", "e-c2", "e-c0"]
    assert len(files_of([replace(one, test=True)])) == 3


def test_a_real_report_does_not_name_test_lists() -> None:
    one = mixed()
    files = tuple(replace(each, file_id="f") for each in files_of([one]))
    for place in range(len(files)):
        root = valid(FORMS.details(replace(report(), files=files), [one], place), "fileDetails")
        known = [each.text or "" for each in root.findall("additionalInfo") if "Known content" in (each.text or "")]
        assert known == ["Known content: its sha256 hash is that of entry e1 of the list real."]
