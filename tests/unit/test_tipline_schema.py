"""Our own schema: it reads, says that it is not NCMEC's, and has the documented order; files are used or refused."""

from pathlib import Path

import pytest

from reporter.tipline.schema import load_schema, own_schema, problems_of
from reporter.tipline.xsd_model import Complex, Use
from sluice.errors import NotReadyError
from tests.unit.tipline_samples import details_bytes, report_bytes

# The orders that reporters of others were refused for (codes 4100); from the public documentation.
_ORDERS = {
    "incidentSummary": "incidentType platform escalateToHighPriority reportAnnotations incidentDateTime"
    " incidentDateTimeDescription",
    "ipCaptureEvent": "ipAddress eventName dateTime possibleProxy port",
    "fileDetails": "reportId fileId fileName originalFileName uploadedToEspTimestamp locationOfFile fileViewedByEsp"
    " exifViewedByEsp publiclyAvailable fileRelevance fileAnnotations industryClassification originalFileHash"
    " ipCaptureEvent deviceId details additionalInfo",
    "personOrUserReported": "personOrUserReportedPerson vehicleDescription espIdentifier espService"
    " compromisedAccount screenName displayName profileUrl profileBio ipCaptureEvent deviceId thirdPartyUserReported"
    " priorCTReports groupIdentifier accountTemporarilyDisabled accountPermanentlyDisabled estimatedLocation"
    " allEmailsReported associatedAccount additionalInfo",
}


def test_it_says_what_it_is_not() -> None:
    assert b"NOT NCMEC'S SCHEMA" in own_schema()
    assert b"sluice incidents schema" in own_schema()


@pytest.mark.parametrize("name", _ORDERS)
def test_the_documented_order(name: str) -> None:
    found = load_schema().types[name]
    assert isinstance(found, Complex)
    assert found.content is not None
    assert [part.name for part in found.content.parts if isinstance(part, Use)] == _ORDERS[name].split()


def test_documents_are_checked_and_named() -> None:
    schema = load_schema()
    assert problems_of(schema, report_bytes(), "report") == []
    assert problems_of(schema, details_bytes("4000001", "file-1"), "fileDetails") == []
    assert problems_of(schema, report_bytes(), "fileDetails") == ["/: is no fileDetails"]
    assert problems_of(schema, b"<!DOCTYPE report><report/>", "report") == ["/: a document type declaration"]


def test_a_swapped_pair_is_found() -> None:
    document = report_bytes().decode()
    event, when = "<eventName>Upload</eventName>", "<dateTime>2026-11-21T08:30:15Z</dateTime>"
    assert event + when in document
    swapped = document.replace(event + when, when + event)
    assert problems_of(load_schema(), swapped.encode(), "report") == [
        "/report/personOrUserReported/ipCaptureEvent: child 3 is not in its place"
    ]


def test_a_file_that_is_no_schema_says_which_command_mends_it(tmp_path: Path) -> None:
    path = tmp_path / "ncmec.xsd"
    with pytest.raises(NotReadyError, match="schema --fetch"):
        load_schema(path)
    path.write_text("<html/>")
    with pytest.raises(NotReadyError, match="schema --fetch"):
        load_schema(path)
    path.write_bytes(own_schema())
    assert load_schema(path) == load_schema()
