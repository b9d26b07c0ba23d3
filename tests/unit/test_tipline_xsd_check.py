"""Documents against schemas: order, occurrence, choices, attributes, and where a problem is."""

import pytest

from reporter.tipline.xml_read import read_xml
from reporter.tipline.xsd import read_schema
from reporter.tipline.xsd_check import MOST_PROBLEMS, check
from reporter.tipline.xsd_model import Schema

_SCHEMA = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="top"><xs:complexType><xs:sequence>
    <xs:element name="a" type="xs:int"/>
    <xs:element name="b" type="xs:string" minOccurs="0" maxOccurs="2"/>
    <xs:choice minOccurs="0" maxOccurs="unbounded">
      <xs:element name="c" type="flag"/>
      <xs:sequence>
        <xs:element name="d" type="xs:string"/><xs:element name="e" type="xs:string" minOccurs="0"/>
      </xs:sequence>
    </xs:choice>
    <xs:element name="f" type="anyOrder" minOccurs="0"/>
    <xs:element name="g" minOccurs="0"/>
  </xs:sequence><xs:attribute name="k" type="xs:boolean" use="required"/></xs:complexType></xs:element>
  <xs:complexType name="flag"/>
  <xs:complexType name="anyOrder"><xs:all>
    <xs:element name="x" type="xs:string"/><xs:element name="y" type="xs:string" minOccurs="0"/>
  </xs:all></xs:complexType>
</xs:schema>"""


@pytest.fixture(name="schema")
def schema_of_tests() -> Schema:
    return read_schema(_SCHEMA)


def top(inner: str, attributes: str = 'k="true"') -> str:
    """A document."""
    return f"<top {attributes}>{inner}</top>"


@pytest.mark.parametrize(
    "inner",
    [
        "<a>1</a>",
        "<a>1</a><b>x</b><b/>",
        "<a>1</a><c/><d/><e/><d/><c/>",
        "<a>1</a><f><y/><x/></f>",
        "<a>1</a><f><x/></f><g><anything k='v'>at all</anything></g>",
        " <a>1</a>\n <b>x</b> ",
    ],
)
def test_valid(schema: Schema, inner: str) -> None:
    assert check(schema, read_xml(top(inner).encode())) == []


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        ("", "/top: a is missing"),
        ("<b/><a>1</a>", "/top: child 1 is not in its place; a is wanted"),
        ("<a>1</a><b/><b/><b/>", "/top: child 4 is not in its place"),
        ("<a>1</a><e/>", "/top: child 2 is not in its place"),
        ("<a>1</a><c>text</c>", "/top/c: has text, where elements belong"),
        ("<a>1</a><c><d/></c>", "/top/c: child 1 is not in its place"),
        ("<a>1</a><f><y/></f>", "/top/f: x is missing"),
        ("<a>1</a><f><x/><x/></f>", "/top/f: child 2 is not in its place"),
        ("<a>x</a>", "/top/a: is no whole number"),
        ("<a><b/></a>", "/top/a: has elements, where text belongs"),
        ("<a>1</a>text", "/top: has text, where elements belong"),
        ("<a>1</a><z/>", "/top: child 2 is not in its place"),
        ("<a q='1'>1</a>", "/top/a: has an attribute that it must not have"),
        ("<a>1</a><g/><c/>", "/top: child 3 is not in its place"),
        ("<x:a xmlns:x='urn:x'>1</x:a>", "/top: child 1 is not in its place; a is wanted"),
    ],
)
def test_not_valid(schema: Schema, inner: str, problem: str) -> None:
    assert problem in check(schema, read_xml(top(inner).encode()))


def test_attributes_are_checked(schema: Schema) -> None:
    assert check(schema, read_xml(top("<a>1</a>", "").encode())) == ["/top: has no k, which it needs"]
    assert check(schema, read_xml(top("<a>1</a>", "k='maybe'").encode())) == ["/top/@k: is no boolean"]


def test_an_unknown_document(schema: Schema) -> None:
    assert check(schema, read_xml(b"<other/>")) == ["/: the schema knows no such document"]


def test_problems_are_bounded_and_hold_no_values(schema: Schema) -> None:
    many = top("<a>canary</a>" + "<c>canary</c>" * 100, "k='canary'")
    problems = check(schema, read_xml(many.encode()))
    assert len(problems) == MOST_PROBLEMS
    assert "canary" not in "".join(problems)
