"""Details of files: generated or uploaded, viewed or not, and what the documentation forbids."""

from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.tipline.facts import Classification, FileFacts
from reporter.tipline.schema import load_schema, problems_of
from reporter.tipline.write_details import details_document
from reporter.tipline.xml_read import read_xml
from sluice.errors import TerminalError
from tests.unit.tipline_samples import full_file

_SCHEMA = load_schema()


def made(facts: FileFacts) -> Element:
    """The document, which must be valid."""
    data = details_document("4000001", "f" * 32, facts)
    assert problems_of(_SCHEMA, data, "fileDetails") == []
    return read_xml(data)


def test_nobody_has_looked_unless_it_is_said() -> None:
    root = made(FileFacts(generated=False))
    assert root.findtext("fileViewedByEsp") == "false"
    assert root.findtext("exifViewedByEsp") == "false"
    assert root.findtext("fileRelevance") == "Reported"
    for name in (
        "originalFileName",
        "industryClassification",
        "fileAnnotations",
        "publiclyAvailable",
        "uploadedToEspTimestamp",
    ):
        assert root.find(name) is None


def test_what_the_generator_made_is_marked() -> None:
    assert made(FileFacts(generated=True)).find("fileAnnotations/generativeAi") is not None
    assert made(FileFacts(generated=False)).find("fileAnnotations") is None


def test_everything_that_is_known_is_told() -> None:
    root = made(full_file())
    hashes = {each.get("hashType"): each.text for each in root.findall("originalFileHash")}
    assert hashes == {"MD5": "0" * 32, "SHA1": "1" * 40, "SHA256": "2" * 64}
    assert root.findtext("industryClassification") == "B2"
    assert root.findtext("fileViewedByEsp") == "true"
    assert root.findtext("publiclyAvailable") == "false"
    assert root.findtext("originalFileName") == "picture <1>.png"
    info = [each.text or "" for each in root.findall("additionalInfo")]
    assert "12 bits" in info[0]
    assert "entry-1" in info[0]
    assert "a-list" in info[0]
    assert "bits" not in info[1]
    assert info[2] == "made from a prompt"


def test_what_the_documentation_forbids() -> None:
    with pytest.raises(TerminalError, match="metadata"):
        details_document("1", "2", FileFacts(generated=True, metadata_viewed=True))
    with pytest.raises(TerminalError, match="classification"):
        details_document("1", "2", replace(full_file(), supplemental=True))
    extra = made(replace(full_file(), supplemental=True, classification=None))
    assert extra.findtext("fileRelevance") == "Supplemental Reported"


@given(st.text(min_size=1, max_size=2100), st.sampled_from([None, *Classification]), st.booleans())
def test_whatever_a_file_is_called_the_document_is_valid(
    name: str, classification: Classification | None, generated: bool
) -> None:
    made(FileFacts(generated, name, classification=classification))
