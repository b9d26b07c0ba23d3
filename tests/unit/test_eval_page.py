"""Reports as Markdown and HTML: whole, escaped, and fetching nothing."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from evaluation.markdown import document_text, table_text
from evaluation.page import page
from evaluation.svg import COLOURS, chart_svg
from evaluation.table import Chart, Document, Line, Table

NASTY = '<script>alert("x")</script> | & y'
TABLE = Table("Rows", ("name", ">n"), [("a", "1"), (NASTY, "22")], "A note.")
CHART = Chart("Curve <1>", "x & y", "up", [Line(NASTY, [(0.0, 0.0), (0.5, 1.0)]), Line("b", [])], diagonal=True)
DOCUMENT = Document("Title <b>", [("files", NASTY)], [TABLE, Table("Empty", ("x",), [])], [CHART])


class Tags(HTMLParser):
    """Every tag, and every address in an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")]


def test_the_page_fetches_and_runs_nothing() -> None:
    text = page(DOCUMENT)
    found = Tags()
    found.feed(text)
    assert found.addresses == []
    assert not {"script", "link", "img", "iframe", "object"} & set(found.tags)
    assert not re.search(r"url\(|@import|https?://", text)
    assert {"table", "svg", "path"} <= set(found.tags)


def test_columns_of_numbers_stand_right() -> None:
    assert table_text(TABLE).splitlines()[2:6] == [
        '| name                               |   n |',
        '| ---------------------------------- | --: |',
        '| a                                  |   1 |',
        '| <script>alert("x")</script> \\| & y |  22 |',
    ]  # fmt: skip


def test_the_whole_as_markdown() -> None:
    text = document_text(DOCUMENT)
    assert text.startswith("# Title <b>\n\n- files: ")
    assert text.endswith("## Empty\n\nNothing.\n")
    assert "A note." in text


@pytest.mark.parametrize("lines", [0, 1, len(COLOURS) + 3])
def test_charts_are_xml(lines: int) -> None:
    chart = Chart("T", "x", "y", [Line(f"l{n}", [(0.1 * k, 0.5) for k in range(n + 1)]) for n in range(lines)])
    root = ET.fromstring(chart_svg(chart))
    assert [text.text for text in root.iter("text")].count(f"l{lines - 1}") == (lines > 0)
    assert ET.fromstring(chart_svg(CHART)).get("aria-label") == "Curve <1>"


def test_points_lie_inside_the_picture() -> None:
    chart = Chart("T", "x", "y", [Line("a", [(0.0, 0.0), (1.0, 1.0)])])
    numbers = [
        float(n) for path in re.findall(r' d="M([^"]+)"', chart_svg(chart)) for n in re.findall(r"[\d.]+", path)
    ]
    assert min(numbers) > 0
    assert max(numbers) < 640
