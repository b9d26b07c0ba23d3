"""Documents that come in: valid by the schema, and by the rules that a schema cannot say."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element

from deploy.simulators.cybertipline.reports import RefusedError
from reporter.tipline.codes import INVALID, MALFORMED_XML
from reporter.tipline.xml_read import XmlError, read_xml
from reporter.tipline.xsd_check import check
from reporter.tipline.xsd_model import Schema

_TOLD: Final = ("fileViewedByEsp", "exifViewedByEsp", "publiclyAvailable", "fileRelevance", "industryClassification")
"""Whose values are shown: none of them says who."""


def read_document(schema: Schema, data: bytes, name: str) -> Element:
    """Raises RefusedError with 4110 where it is no XML, and 4100 where it is not valid."""
    try:
        root = read_xml(data)
    except XmlError:
        raise RefusedError(MALFORMED_XML) from None
    if root.tag != name or check(schema, root):
        raise RefusedError(INVALID)
    return root


def check_report(root: Element, now: datetime) -> None:
    """No incident is in the future. Raises RefusedError."""
    at = root.findtext("incidentSummary/incidentDateTime", "")
    if datetime.fromisoformat(at).astimezone(now.tzinfo) > now:
        raise RefusedError(INVALID)


def check_details(root: Element) -> None:
    """Who saw the metadata saw the file; what is supplemental is not classified. Raises RefusedError."""
    if _true(root, "exifViewedByEsp") and not _true(root, "fileViewedByEsp"):
        raise RefusedError(INVALID)
    extra = root.findtext("fileRelevance") == "Supplemental Reported"
    classified = root.find("industryClassification") is not None
    if extra and (classified or root.find("fileAnnotations/potentialMeme") is not None):
        raise RefusedError(INVALID)


def elements_of(root: Element) -> tuple[str, ...]:
    """Paths of all elements, each once and in order, with the values of a few that say nothing about anybody."""
    return tuple(dict.fromkeys(_paths(root, "")))


def _paths(element: Element, above: str) -> Iterator[str]:
    path = f"{above}/{element.tag}"
    yield f"{path}={element.text}" if element.tag in _TOLD else path
    for child in element:
        yield from _paths(child, path)


def _true(root: Element, name: str) -> bool:
    return root.findtext(name, "").strip() in {"true", "1"}
