"""Building XML: what is escaped, what is replaced, how values are written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.tipline.xml_read import read_xml
from reporter.tipline.xml_write import XSI, add, add_known, clip, document, legal, root, written
from sluice.errors import TerminalError


@given(st.text(max_size=100), st.text(max_size=50))
def test_whatever_is_written_is_read_again(text: str, attribute: str) -> None:
    element = root("a")
    add(element, "b", text, key=attribute)
    found = read_xml(document(element))[0]
    # XML itself makes line feeds of carriage returns, in text.
    assert (found.text or "") == legal(text).replace("\r\n", "\n").replace("\r", "\n")
    assert set(found.attrib) == {"key"}


def test_markup_stays_text() -> None:
    element = root("a")
    add(element, "b", "</b><!DOCTYPE x>&amp;]]>", key='"><c/>')
    found = read_xml(document(element))
    assert len(found) == 1
    assert found[0].text == "</b><!DOCTYPE x>&amp;]]>"
    assert found[0].get("key") == '"><c/>'


def test_the_root_names_the_schema() -> None:
    assert read_xml(document(root("report"))).get(f"{{{XSI}}}noNamespaceSchemaLocation")


def test_forbidden_characters_are_seen_to_be_gone() -> None:
    assert legal("a\x00b\x1fc\ud800d\ufffee\tf") == "a\ufffdb\ufffdc\ufffdd\ufffde\tf"


def test_values_are_written_as_the_schema_has_them() -> None:
    east = datetime(2026, 1, 1, 1, 0, 0, 999, tzinfo=timezone(timedelta(hours=2)))
    assert [written(value) for value in (True, False, 7, east)] == ["true", "false", "7", "2025-12-31T23:00:00Z"]
    with pytest.raises(TerminalError, match="zone"):
        written(datetime(2026, 1, 1))  # noqa: DTZ001 - a time without a zone is what is refused


def test_unknown_values_are_left_out_and_false_is_known() -> None:
    element = root("a")
    add_known(element, {"one": None, "two": "", "three": False, "four": 0})
    assert [child.tag for child in element] == ["three", "four"]


def test_prose_is_cut_to_its_limit() -> None:
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abcde…"
    assert written(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"
