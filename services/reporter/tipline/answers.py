"""What the API answers, read without trust: a failure inside a success, another report's id, a body that is no XML.

Forms and names are those of the public documentation (report.cybertip.org/ispws/documentation, report response and
report done response).
"""

import re
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from reporter.ports import Refusal, TiplineError
from reporter.tipline.codes import of_code, of_status
from reporter.tipline.xml_read import XmlError, read_xml

_DIGITS: Final = re.compile("[0-9]{1,19}")
_FILE: Final = re.compile("[0-9A-Za-z_-]{1,128}")
_WORDS: Final = re.compile("[A-Za-z][A-Za-z0-9]*")
_MOST_NAMED: Final = 5
_ROOTS: Final = frozenset({"reportResponse", "reportDoneResponse"})


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A success. What was not in it is empty."""

    report_id: str
    file_id: str
    hash: str
    files: tuple[str, ...]


def read_answer(status: int, body: bytes, names: frozenset[str]) -> Answer:
    """Raises TiplineError unless it is a success, by its status and by its code.

    `names`: elements of the schema. Those that the server's description of a failure mentions are told, and nothing
    else of it: the description may repeat what was sent.
    """
    try:
        root = read_xml(body)
    except XmlError:
        root = None
    code = _code(root) if root is not None else None
    if root is not None and code:
        raise _told(of_code(code), root, names)
    if not 200 <= status < 300:
        raise of_status(status)
    if root is None or code is None:
        raise TiplineError(Refusal.RETRY, 0, "an answer that cannot be read")
    files = root.find("files")
    found = [_text(child) for child in files] if files is not None else []
    answer = Answer(_text(root.find("reportId")), _text(root.find("fileId")), _text(root.find("hash")), tuple(found))
    _check(answer)
    return answer


def of_report(answer: Answer, report_id: str) -> None:
    """Raises TiplineError where the answer is about another report than was asked about."""
    if answer.report_id and answer.report_id != report_id:
        raise TiplineError(Refusal.TERMINAL, 0, "the answer is about another report")


def is_report_id(text: str) -> bool:
    """Whether this may be a report's id: up to 19 digits."""
    return _DIGITS.fullmatch(text) is not None


def _check(answer: Answer) -> None:
    ids = [answer.file_id, *answer.files]
    if (answer.report_id and not is_report_id(answer.report_id)) or not all(
        _FILE.fullmatch(id_) for id_ in ids if id_
    ):
        raise TiplineError(Refusal.RETRY, 0, "an answer with an id that is none")


def _code(root: Element) -> int | None:
    text = _text(root.find("responseCode")) if root.tag in _ROOTS else ""
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None


def _told(error: TiplineError, root: Element, names: frozenset[str]) -> TiplineError:
    words = _WORDS.findall(_text(root.find("responseDescription"))[:10_000])
    named = [word for word in dict.fromkeys(words) if word in names and not word.islower()][:_MOST_NAMED]
    if not named:
        return error
    return TiplineError(error.kind, error.code, f"{error.words}: it names {', '.join(named)}")


def _text(element: Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""
