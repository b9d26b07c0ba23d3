"""Building XML: the library escapes, and characters that no XML may hold are shown as replaced."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from sluice.errors import TerminalError

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
SCHEMA_LOCATION: Final = "https://report.cybertip.org/ispws/xsd"
"""What documents name as their schema, at the test endpoint too."""
_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0, production 2: what is not a Char."""


def root(name: str) -> Element:
    """A document's root, which names the schema."""
    return Element(name, {f"{{{XSI}}}noNamespaceSchemaLocation": SCHEMA_LOCATION})


def add(
    parent: Element, name: str, text: str | bool | int | datetime | None = None, **attributes: str | None
) -> Element:
    """A child with this text; attributes that are None are left out."""
    child = SubElement(parent, name, {key: legal(value) for key, value in attributes.items() if value is not None})
    if text is not None:
        child.text = written(text)
    return child


def add_known(parent: Element, values: Mapping[str, str | bool | int | datetime | None]) -> None:
    """A child for each value that is known, in this order: None and the empty text are not."""
    for name, value in values.items():
        if value is not None and value != "":
            add(parent, name, value)


def written(value: str | bool | int | datetime) -> str:
    """As XML Schema writes it: true, false, and times in UTC to the second. TerminalError: a time without a zone."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TerminalError("a time without a zone")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return legal(str(value))


def legal(text: str) -> str:
    """With U+FFFD for each character that XML forbids."""
    return _ILLEGAL.sub("\ufffd", text)


def clip(text: str, most: int) -> str:
    """At most so many characters, the last of them an ellipsis where something was cut. For prose, never for ids."""
    return text if len(text) <= most else text[: most - 1] + "…"


def document(element: Element) -> bytes:
    """In UTF-8, with an XML declaration."""
    data: bytes = tostring(element, encoding="UTF-8", xml_declaration=True)
    return data
