"""Reading XML from others: bounded, and without anything that a document could order.

A document type declaration is refused as such, before any entity in it could be declared; so are processing
instructions, other encodings than UTF-8, too many bytes, too many elements and too deep ones.
"""

from typing import Final
from xml.etree.ElementTree import Element
from xml.parsers import expat

MOST_BYTES: Final = 1024 * 1024
MOST_ELEMENTS: Final = 20_000
DEEPEST: Final = 40
_BOUNDARY: Final = "}"


class XmlError(Exception):
    """A document that is not read. The message says why, and holds nothing of the document but a line number."""


def read_xml(data: bytes, most: int = MOST_BYTES) -> Element:
    """The root element. Names in a namespace are `{namespace}name`. Raises XmlError."""
    if len(data) > most:
        raise XmlError(f"{len(data)} bytes, at most {most} are read")
    # Expat may be told of UTF-8, but other byte order marks would win: they are refused first.
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data:
        raise XmlError("not in UTF-8")
    reading = _Reading()
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=_BOUNDARY)
    parser.buffer_text = True
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.EntityDeclHandler = _no_entity
    parser.ExternalEntityRefHandler = _no_reference
    parser.SkippedEntityHandler = _no_reference
    parser.ProcessingInstructionHandler = _no_instruction
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise XmlError(f"not well-formed, in line {error.lineno}") from None
    if reading.root is None:
        raise XmlError("no element")
    return reading.root


class _Reading:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._last: Element | None = None
        """Whose tail comes next; none right after a start."""
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS:
            raise XmlError(f"more than {MOST_ELEMENTS} elements")
        if len(self._open) >= DEEPEST:
            raise XmlError(f"deeper than {DEEPEST} elements")
        element = Element(_name(name), {_name(key): value for key, value in attributes.items()})
        if self._open:
            self._open[-1].append(element)
        else:
            self.root = element
        self._open.append(element)
        self._last = None

    def end(self, name: str) -> None:
        del name
        self._last = self._open.pop()

    def text(self, data: str) -> None:
        if not self._open:
            return
        if self._last is None:
            self._open[-1].text = (self._open[-1].text or "") + data
        else:
            self._last.tail = (self._last.tail or "") + data


def _name(raw: str) -> str:
    return "{" + raw if _BOUNDARY in raw else raw


def _no_doctype(*_: object) -> None:
    raise XmlError("a document type declaration")


def _no_entity(*_: object) -> None:
    raise XmlError("an entity declaration")


def _no_reference(*_: object) -> int:
    raise XmlError("an entity reference")


def _no_instruction(*_: object) -> None:
    raise XmlError("a processing instruction")
