"""The `<fileDetails>` document: pure, in the order of report.cybertip.org/ispws/documentation, file details."""

from typing import Final
from xml.etree.ElementTree import Element

from reporter.tipline.facts import FileFacts, Match
from reporter.tipline.write_report import capture
from reporter.tipline.xml_write import add, add_known, clip, document, root
from sluice.errors import TerminalError

_REPORTED: Final = "Reported"
_SUPPLEMENTAL: Final = "Supplemental Reported"
_MOST_NAME: Final = 2056


def details_document(report_id: str, file_id: str, facts: FileFacts) -> bytes:
    """What an uploaded file is.

    Raises TerminalError for what the documentation forbids: metadata that were viewed of a file that was not, and a
    classification of a file that is only supplemental.
    """
    if facts.metadata_viewed and not facts.viewed:
        raise TerminalError("metadata of a file are viewed only with the file")
    if facts.supplemental and facts.classification is not None:
        raise TerminalError("only what is reported has a classification")
    element = root("fileDetails")
    add_known(
        element,
        {
            "reportId": report_id,
            "fileId": file_id,
            "originalFileName": clip(facts.name, _MOST_NAME),
            "uploadedToEspTimestamp": facts.uploaded_at,
            "fileViewedByEsp": facts.viewed,
            "exifViewedByEsp": facts.metadata_viewed,
            "publiclyAvailable": facts.public,
            "fileRelevance": _SUPPLEMENTAL if facts.supplemental else _REPORTED,
        },
    )
    if facts.generated:
        add(add(element, "fileAnnotations"), "generativeAi")
    if facts.classification is not None:
        add(element, "industryClassification", facts.classification.value)
    for name, digest in (("MD5", facts.md5), ("SHA1", facts.sha1), ("SHA256", facts.sha256)):
        if digest:
            add(element, "originalFileHash", digest, hashType=name)
    if facts.capture is not None:
        capture(element, facts.capture)
    _matches(element, facts)
    for line in facts.info:
        add(element, "additionalInfo", line)
    return document(element)


def _matches(parent: Element, facts: FileFacts) -> None:
    for match in facts.matches:
        add(parent, "additionalInfo", _words(match))


def _words(match: Match) -> str:
    how = "that of" if match.distance is None else f"{match.distance} bits from that of"
    return f"Known content: its {match.algorithm} hash is {how} entry {match.entry} of the list {match.list}."
