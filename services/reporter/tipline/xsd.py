"""Reading a schema: the part of XML Schema 1.0 that schemas of one namespace-less document are written in.

Elements, sequences, choices, `all`, attributes, restrictions, and extensions. What else a schema may hold is refused
by name, so that nothing is believed to be checked that is not. Identity constraints and annotations are passed over.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Final
from xml.etree.ElementTree import Element

from reporter.tipline.xml_read import XmlError, read_xml
from reporter.tipline.xsd_model import Attribute, Complex, Group, Schema, SchemaError, Use, uses
from reporter.tipline.xsd_types import Simple, is_builtin

_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_PASSED_OVER: Final = frozenset({"annotation", "key", "keyref", "unique"})
_GROUPS: Final = frozenset({"sequence", "choice", "all"})
_ANYTHING: Final = Complex(anything=True)
_NO_PATTERN: Final = re.compile(r"\\[pPicIC]|-\[|[\^$]|\(\?")
"""What means something else in Python's expressions than in XML Schema's, or nothing in one of them."""


def read_schema(data: bytes) -> Schema:
    """Raises SchemaError where the bytes are no schema, or one of more than is checked here."""
    try:
        root = read_xml(data)
    except XmlError as error:
        raise SchemaError(f"the schema is not read: {error}") from error
    if root.tag != f"{_XS}schema":
        raise SchemaError("no schema of XML Schema 1.0")
    if root.get("targetNamespace"):
        raise SchemaError("a target namespace is not checked here")
    return _Reader(root).schema()


class _Reader:
    def __init__(self, root: Element) -> None:
        self._root = root
        self._named = {child.get("name", ""): child for child in root if _local(child).endswith("Type")}
        self._globals = {child.get("name", ""): child for child in root if _local(child) == "element"}
        self._simple: dict[str, Simple] = {}
        self._reading: set[str] = set()

    def schema(self) -> Schema:
        for child in self._root:
            if _local(child) not in {"element", "simpleType", "complexType", *_PASSED_OVER}:
                raise _refused(child)
        types: dict[str, Simple | Complex] = {}
        for name, node in self._named.items():
            types[name] = self._simple_named(name) if _local(node) == "simpleType" else self._complex(node)
        elements = {name: self._use(node) for name, node in self._globals.items()}
        schema = Schema(elements, types)
        for use in uses(schema):
            schema.resolve(use.type)
        return schema

    def _use(self, node: Element) -> Use:
        least, most = _occurs(node)
        if "ref" in node.attrib:
            name = _unprefixed(node.attrib["ref"])
            if name not in self._globals:
                raise SchemaError(f"the element {name} is not defined")
            return replace(self._use(self._globals[name]), least=least, most=most)
        _only(node, "simpleType", "complexType")
        name = node.get("name", "")
        if "type" in node.attrib:
            return Use(name, self._reference(node.attrib["type"]), least, most)
        for child in _children(node):
            own = self._simple_of(child) if _local(child) == "simpleType" else self._complex(child)
            return Use(name, own, least, most)
        return Use(name, _ANYTHING, least, most)

    def _reference(self, raw: str) -> "str | Simple | Complex":
        name = _unprefixed(raw)
        if name in self._named:
            return name
        if name == "anyType":
            return _ANYTHING
        if is_builtin(name):
            return Simple(name)
        raise SchemaError(f"the type {name} is not defined, or is not checked here")

    def _complex(self, node: Element) -> Complex:
        if node.get("mixed") == "true" or node.get("abstract") == "true":
            raise SchemaError("mixed and abstract types are not checked here")
        _only(node, "attribute", "simpleContent", "complexContent", *_GROUPS)
        content: Group | None = None
        attributes: dict[str, Attribute] = {}
        for child in _children(node):
            name = _local(child)
            if name in {"simpleContent", "complexContent"}:
                return self._extended(child)
            if name == "attribute":
                attributes.update(self._attribute(child))
            else:
                content = self._group(child)
        return Complex(content, None, attributes)

    def _extended(self, node: Element) -> Complex:
        _only(node, "extension")
        for child in _children(node):
            _only(child, "attribute", *_GROUPS)
            own = self._complex(_shell(child))
            base = self._reference(child.get("base", ""))
            if _local(node) == "simpleContent" and self._is_simple(base):
                return Complex(None, self._plain(base), own.attributes)
            if not isinstance(base, str) or _local(self._named[base]) != "complexType":
                raise SchemaError("complex content that extends no complex type")
            under = self._guarded(base)
            parts = tuple(part for part in (under.content, own.content) if part is not None)
            content = Group("sequence", parts) if parts else None
            return Complex(content, under.text, {**under.attributes, **own.attributes})
        raise SchemaError(f"xs:{_local(node)} without an extension")

    def _guarded(self, name: str) -> Complex:
        if name in self._reading:
            raise SchemaError(f"the type {name} extends itself")
        self._reading.add(name)
        try:
            return self._complex(self._named[name])
        finally:
            self._reading.discard(name)

    def _group(self, node: Element) -> Group:
        _only(node, "element", *_GROUPS)
        parts = tuple(
            self._use(child) if _local(child) == "element" else self._group(child) for child in _children(node)
        )
        return Group(_local(node), parts, *_occurs(node))

    def _attribute(self, node: Element) -> dict[str, Attribute]:
        _only(node, "simpleType")
        if "ref" in node.attrib:
            raise SchemaError("references to attributes are not checked here")
        inner = next(_children(node), None)
        if inner is not None:
            type_ = self._simple_of(inner)
        else:
            type_ = self._plain(self._reference(node.get("type", "anySimpleType")))
        if node.get("use") == "prohibited":
            return {}
        return {node.get("name", ""): Attribute(type_, node.get("use") == "required")}

    def _is_simple(self, type_: "str | Simple | Complex") -> bool:
        if isinstance(type_, str):
            return _local(self._named[type_]) == "simpleType"
        return isinstance(type_, Simple)

    def _plain(self, type_: "str | Simple | Complex") -> Simple:
        if isinstance(type_, str):
            return self._simple_named(type_)
        if isinstance(type_, Simple):
            return type_
        raise SchemaError("a simple type of complex content")

    def _simple_named(self, name: str) -> Simple:
        if name not in self._simple:
            if name in self._reading or _local(self._named[name]) != "simpleType":
                raise SchemaError(f"the type {name} is no simple one, or narrows itself")
            self._reading.add(name)
            self._simple[name] = self._simple_of(self._named[name])
            self._reading.discard(name)
        return self._simple[name]

    def _simple_of(self, node: Element) -> Simple:
        _only(node, "restriction")
        for child in _children(node):
            return _narrowed(self._plain(self._reference(child.get("base", ""))), child)
        raise SchemaError("a simple type without a restriction")


def _narrowed(under: Simple, node: Element) -> Simple:
    enumeration: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    numbers: dict[str, Decimal] = {}
    lengths: dict[str, int] = {}
    for facet in _children(node):
        name, value = _local(facet), facet.get("value", "")
        try:
            if name == "enumeration":
                enumeration.add(value)
            elif name == "pattern":
                patterns.append(_pattern(value))
            elif name in {"minLength", "maxLength", "length"}:
                lengths[name] = int(value)
            elif name in {"minInclusive", "maxInclusive", "minExclusive", "maxExclusive"}:
                numbers[name] = Decimal(value)
            elif name != "whiteSpace":
                raise _refused(facet)
        except (ValueError, InvalidOperation):
            raise SchemaError(f"xs:{name} with no number") from None
    return Simple(
        under.builtin,
        under,
        frozenset(enumeration),
        tuple(patterns),
        numbers.get("minInclusive"),
        numbers.get("maxInclusive"),
        numbers.get("minExclusive"),
        numbers.get("maxExclusive"),
        lengths.get("minLength", lengths.get("length")),
        lengths.get("maxLength", lengths.get("length")),
    )


def _pattern(value: str) -> re.Pattern[str]:
    if _NO_PATTERN.search(value):
        raise SchemaError("a pattern with more than is checked here")
    try:
        return re.compile(value)
    except re.error:
        raise SchemaError("a pattern that cannot be read") from None


def _children(node: Element) -> Iterator[Element]:
    return (child for child in node if _local(child) not in _PASSED_OVER)


def _only(node: Element, *names: str) -> None:
    for child in _children(node):
        if _local(child) not in names:
            raise _refused(child)


def _shell(node: Element) -> Element:
    """A complex type of an extension's own children."""
    shell = Element(f"{_XS}complexType")
    shell.extend(list(node))
    return shell


def _local(node: Element) -> str:
    if not node.tag.startswith(_XS):
        raise SchemaError("an element that is none of XML Schema")
    return node.tag.removeprefix(_XS)


def _refused(node: Element) -> SchemaError:
    return SchemaError(f"xs:{_local(node)} is not checked here")


def _unprefixed(name: str) -> str:
    return name.rpartition(":")[2]


def _occurs(node: Element) -> tuple[int, int | None]:
    least, most = node.get("minOccurs", "1"), node.get("maxOccurs", "1")
    if not least.isdecimal() or not (most.isdecimal() or most == "unbounded"):
        raise SchemaError("occurrences that are no numbers")
    return int(least), None if most == "unbounded" else int(most)
