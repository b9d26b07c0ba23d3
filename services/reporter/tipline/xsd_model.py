"""What a schema says, once it is read: elements in their places, and their types."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reporter.tipline.xsd_types import Simple


class SchemaError(Exception):
    """A schema that cannot be checked by. The message names the construct."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """Of an element."""

    type: Simple
    required: bool


@dataclass(frozen=True, slots=True)
class Complex:
    """A type with children, or with attributes."""

    content: "Group | None" = None
    text: Simple | None = None
    """Where it has text; then it has no children."""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    anything: bool = False
    """Nothing in it is checked (xs:anyType)."""


@dataclass(frozen=True, slots=True)
class Use:
    """An element in its place. `type`: a name, or the type itself where it has none. `most`: None for any number."""

    name: str
    type: "str | Simple | Complex"
    least: int = 1
    most: int | None = 1


@dataclass(frozen=True, slots=True)
class Group:
    """Elements in order, one of them, or each in any order."""

    kind: str
    parts: tuple["Use | Group", ...]
    least: int = 1
    most: int | None = 1


@dataclass(frozen=True, slots=True)
class Schema:
    """Elements that a document may begin with, and types by name."""

    elements: Mapping[str, Use]
    types: Mapping[str, Simple | Complex]

    def resolve(self, type_: "str | Simple | Complex") -> Simple | Complex:
        """The type of this name. SchemaError: there is none."""
        if not isinstance(type_, str):
            return type_
        if type_ in self.types:
            return self.types[type_]
        raise SchemaError(f"the type {type_} is not defined")

    def names(self) -> frozenset[str]:
        """Of all elements."""
        return frozenset(use.name for use in uses(self))


def uses(schema: Schema) -> Iterator[Use]:
    """Every place of an element, outermost first."""
    for use in schema.elements.values():
        yield use
        yield from _uses_of(use.type)
    for type_ in schema.types.values():
        yield from _uses_of(type_)


def _uses_of(type_: "str | Simple | Complex") -> Iterator[Use]:
    stack: list[Use | Group] = []
    if isinstance(type_, Complex) and type_.content is not None:
        stack.append(type_.content)
    while stack:
        part = stack.pop()
        if isinstance(part, Group):
            stack.extend(part.parts)
            continue
        yield part
        yield from _uses_of(part.type)
