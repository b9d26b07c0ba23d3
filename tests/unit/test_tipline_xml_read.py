"""XML from others: what is not read, and that nothing of it is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.tipline.xml_read import DEEPEST, MOST_BYTES, MOST_ELEMENTS, XmlError, read_xml

_LAUGHS = b'<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (_LAUGHS, "document type"),
        (b"<!DOCTYPE a><a/>", "document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "http://192.0.2.1/x">]><a>&x;</a>', "document type"),
        (b"<a>&secret;</a>", "line 1"),
        (b"<?xml-stylesheet href='x'?><a/>", "processing instruction"),
        ("<a>ä</a>".encode("utf-16"), "UTF-8"),
        (b"<a>\x00</a>", "UTF-8"),
        (b"<a><b></a>", "line 1"),
        (b"<a/><b/>", "line 1"),
        (b"", "line 1"),
        (b"not xml", "line 1"),
        (b"<a>" * (DEEPEST + 1), "deeper"),
        (b"<a>" + b"<b/>" * MOST_ELEMENTS + b"</a>", "elements"),
        (b"<a>" + b" " * MOST_BYTES, "bytes"),
        (b'<a b="1" b="2"/>', "line 1"),
        (b"<a>\xff</a>", "line 1"),
    ],
)
def test_is_not_read(data: bytes, why: str) -> None:
    with pytest.raises(XmlError, match=why):
        read_xml(data)


def test_the_message_holds_nothing_of_the_document() -> None:
    with pytest.raises(XmlError) as caught:
        read_xml(b"<a>a-canary</b>")
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None or "canary" not in str(caught.value.__context__)


def test_reads_text_attributes_tails_and_namespaces() -> None:
    root = read_xml('<a xmlns:n="urn:n" n:k="v">one<b>ä &lt;</b>two<n:c/><!-- no -->three</a>'.encode())
    assert (root.tag, root.text, root.attrib) == ("a", "one", {"{urn:n}k": "v"})
    assert [(child.tag, child.text, child.tail) for child in root] == [
        ("b", "ä <", "two"),
        ("{urn:n}c", None, "three"),
    ]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = read_xml(data).tag
    except XmlError as error:
        found = str(error)
    assert found


def test_it_is_utf_8_whatever_it_says_of_itself() -> None:
    assert read_xml('<?xml version="1.0" encoding="ISO-8859-1"?><a>ä</a>'.encode()).text == "ä"
