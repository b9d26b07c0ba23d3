"""NCMEC's hash sharing, played: entries of a range of time as XML, so many to a page."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

from tests.unit.exchange_server import Answer, Asked

USER, PASSWORD = "a-member", "a-secret-of-theirs"
_FORM = "%Y-%m-%dT%H:%M:%SZ"
_SPACE = "https://hashsharing.ncmec.org/hashsharing/v2"


@dataclass(frozen=True, slots=True)
class Item:
    """An entry. `at_s`: when it was changed last."""

    id: str
    at_s: int
    prints: Mapping[str, str] = field(default_factory=dict)
    deleted: bool = False
    kind: str = "image"
    member: int = 42


@dataclass(slots=True)
class Ncmec:
    """`forgets`: pages' addresses that were given are not known any more."""

    items: dict[str, Item] = field(default_factory=dict)
    page: int = 2
    forgets: bool = False

    def put(self, *items: Item) -> None:
        """Entries come, change, or are marked as deleted."""
        for item in items:
            self.items.pop(item.id, None)
            self.items[item.id] = item

    def answers(self, asked: Asked) -> Answer:
        """To a request for entries."""
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if asked.headers.get("Authorization") != f"Basic {expected}":
            return Answer(b"", 401)
        if asked.path != "/v2/entries":
            return Answer(b"", 404)
        start = int(asked.query.get("start", 0))
        if start and self.forgets:
            return Answer(b"", 404)
        since, until = (_seconds(asked.query[name]) for name in ("from", "to"))
        found = [item for item in self.items.values() if since <= item.at_s <= until]
        shown = found[start : start + self.page]
        query = {"from": asked.query["from"], "to": asked.query["to"], "start": start + self.page, "size": self.page}
        more = urlencode({**query, "max": len(found)}) if start + self.page < len(found) else ""
        return Answer(_document(shown, more))


def _document(shown: Sequence[Item], more: str) -> bytes:
    parts = [f'<?xml version="1.0" encoding="UTF-8"?><queryResult xmlns="{_SPACE}">']
    for kind in ("image", "video"):
        of_kind = [item for item in shown if item.kind == kind]
        latest = max((item.at_s for item in of_kind), default=0)
        parts.append(f'<{kind}s count="{len(of_kind)}" maxTimestamp="{_date(latest)}">')
        parts.extend(_item(item) for item in of_kind)
        parts.append(f"</{kind}s>")
    if more:
        parts.append(f"<paging><next>{quoteattr(f'/v2/entries?{more}')[1:-1]}</next></paging>")
    return "".join((*parts, "</queryResult>")).encode()


def _item(item: Item) -> str:
    root = ET.Element(f"deleted{item.kind.capitalize()}" if item.deleted else item.kind)
    ET.SubElement(root, "member", {"id": str(item.member)}).text = "A member"
    ET.SubElement(root, "timestamp").text = _date(item.at_s)
    ET.SubElement(root, "id").text = item.id
    if not item.deleted:
        ET.SubElement(root, "classification").text = "A1"
        prints = ET.SubElement(root, "fingerprints")
        for name, value in item.prints.items():
            ET.SubElement(prints, name).text = value
    return ET.tostring(root, encoding="unicode")


def _date(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime(_FORM)


def _seconds(text: str) -> int:
    return int(datetime.strptime(text, _FORM).replace(tzinfo=UTC).timestamp())
