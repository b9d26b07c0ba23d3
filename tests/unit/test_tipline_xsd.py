"""Reading schemas: what is understood, and that everything else is refused by name."""

import pytest

from reporter.tipline.xsd import read_schema
from reporter.tipline.xsd_model import Complex, SchemaError


def schema(body: str) -> bytes:
    """A schema with this in it."""
    return f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{body}</xs:schema>'.encode()


def simple(restriction: str) -> str:
    """A simple type `a`."""
    return f'<xs:simpleType name="a">{restriction}</xs:simpleType>'


def complex_type(inner: str, attributes: str = "") -> str:
    """A complex type `a`."""
    return f'<xs:complexType name="a" {attributes}>{inner}</xs:complexType>'


def facet(name: str, value: str, base: str = "xs:string") -> str:
    """A simple type `a` with one facet."""
    return simple(f'<xs:restriction base="{base}"><xs:{name} value="{value}"/></xs:restriction>')


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('<xs:import namespace="urn:x"/>', "xs:import"),
        ('<xs:group name="g"><xs:sequence/></xs:group>', "xs:group"),
        (complex_type("<xs:sequence><xs:any/></xs:sequence>"), "xs:any"),
        (complex_type("<xs:anyAttribute/>"), "xs:anyAttribute"),
        (complex_type("", 'mixed="true"'), "mixed"),
        (complex_type("", 'abstract="true"'), "abstract"),
        (complex_type('<xs:assert test="x"/>'), "xs:assert"),
        (simple('<xs:union memberTypes="xs:int xs:date"/>'), "xs:union"),
        (simple('<xs:list itemType="xs:int"/>'), "xs:list"),
        (simple('<xs:restriction base="xs:duration"/>'), "duration"),
        (facet("pattern", r"\p{L}"), "pattern"),
        (facet("pattern", "("), "pattern"),
        (facet("maxLength", "x"), "maxLength"),
        (facet("totalDigits", "2", "xs:decimal"), "totalDigits"),
        (simple('<xs:restriction base="a"/>'), "narrows itself"),
        (complex_type('<xs:complexContent><xs:extension base="a"/></xs:complexContent>'), "extends itself"),
        (complex_type('<xs:simpleContent><xs:extension base="a"/></xs:simpleContent>'), "extends"),
        (complex_type('<xs:sequence maxOccurs="many"/>'), "occurrences"),
        (complex_type('<xs:sequence><xs:element ref="b"/></xs:sequence>'), "b is not"),
        ('<xs:element name="a" type="missing"/>', "missing"),
        ("<b/>", "none of XML Schema"),
    ],
)
def test_is_refused_by_name(body: str, why: str) -> None:
    with pytest.raises(SchemaError, match=why):
        read_schema(schema(body))


@pytest.mark.parametrize("data", [b"", b"<a/>", b"<!DOCTYPE a><a/>", schema("")[:-5]])
def test_what_is_no_schema(data: bytes) -> None:
    with pytest.raises(SchemaError):
        read_schema(data)


def test_a_namespace_of_its_own_is_refused() -> None:
    with pytest.raises(SchemaError, match="target namespace"):
        read_schema(b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x"/>')


def test_an_extension_has_what_it_extends() -> None:
    found = read_schema(
        schema(
            '<xs:complexType name="base"><xs:sequence><xs:element name="one" type="xs:int"/></xs:sequence>'
            '<xs:attribute name="a" type="xs:int"/></xs:complexType>'
            '<xs:complexType name="more"><xs:complexContent><xs:extension base="base">'
            '<xs:sequence><xs:element name="two" type="xs:anyType"/></xs:sequence>'
            '<xs:attribute name="b" use="required"/>'
            "</xs:extension></xs:complexContent></xs:complexType>"
            '<xs:element name="root" type="more"/>'
        )
    )
    more = found.types["more"]
    assert isinstance(more, Complex)
    assert {name: attribute.required for name, attribute in more.attributes.items()} == {"a": False, "b": True}
    assert found.names() == {"root", "one", "two"}


def test_types_may_hold_themselves() -> None:
    found = read_schema(
        schema(
            '<xs:complexType name="tree"><xs:sequence><xs:element name="tree" type="tree" minOccurs="0"/>'
            '</xs:sequence></xs:complexType><xs:element name="tree" type="tree"/>'
        )
    )
    assert found.names() == {"tree"}
