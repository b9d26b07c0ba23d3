"""Answers in the API's forms."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement, tostring

from reporter.tipline.codes import MEANINGS


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent, and how. `wait`: seconds until it is sent. `sent`: the share of it that is sent before the
    connection ends; 1: all."""

    body: bytes = field(repr=False)
    status: int = 200
    content_type: str = "application/xml"
    wait: float = 0.0
    sent: float = 1.0


def done(**values: str) -> Answer:
    """A success, with these elements."""
    root = Element("reportResponse")
    SubElement(root, "responseCode").text = "0"
    SubElement(root, "responseDescription").text = "Success"
    for name, value in values.items():
        SubElement(root, name).text = value
    return Answer(_bytes(root))


def finished(report_id: str, files: Sequence[str]) -> Answer:
    """The report is filed."""
    root = Element("reportDoneResponse")
    SubElement(root, "responseCode").text = "0"
    SubElement(root, "reportId").text = report_id
    inner = SubElement(root, "files")
    for file_id in files:
        SubElement(inner, "fileId").text = file_id
    return Answer(_bytes(root))


def refusal(code: int, status: int = 200) -> Answer:
    """A failure, as the API tells it: inside a success, as a rule."""
    root = Element("reportResponse")
    SubElement(root, "responseCode").text = str(code)
    known = MEANINGS.get(code)
    SubElement(root, "responseDescription").text = known[1] if known else "refused"
    return Answer(_bytes(root), status)


def _bytes(root: Element) -> bytes:
    data: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return data


def empty(status: int) -> Answer:
    """A status alone."""
    return Answer(b"", status, "text/plain")
