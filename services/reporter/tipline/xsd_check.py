"""Holding a document against a schema: what is wrong and where, in names and never in values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from reporter.tipline.xml_write import XSI
from reporter.tipline.xsd_model import Attribute, Complex, Group, Schema, Use
from reporter.tipline.xsd_types import Simple

MOST_PROBLEMS: Final = 20
_XSI: Final = f"{{{XSI}}}"


def check(schema: Schema, root: Element) -> Sequence[str]:
    """Problems, at most 20, as `/report/reporter: ...`; none: the document is valid."""
    problems: list[str] = []
    use = schema.elements.get(root.tag)
    if use is None:
        return ["/: the schema knows no such document"]
    _element(schema, use, root, f"/{use.name}", problems)
    return problems[:MOST_PROBLEMS]


def _element(schema: Schema, use: Use, element: Element, path: str, problems: list[str]) -> None:
    type_ = schema.resolve(use.type)
    if isinstance(type_, Simple):
        _attributes({}, element, path, problems)
        _text(type_, element, path, problems)
        return
    if type_.anything:
        return
    _attributes(type_.attributes, element, path, problems)
    if type_.text is not None:
        _text(type_.text, element, path, problems)
        return
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        problems.append(f"{path}: has text, where elements belong")
    _children(schema, type_, element, path, problems)


def _text(type_: Simple, element: Element, path: str, problems: list[str]) -> None:
    if len(element):
        problems.append(f"{path}: has elements, where text belongs")
        return
    objection = type_.objection(element.text or "")
    if objection:
        problems.append(f"{path}: {objection}")


def _attributes(known: Mapping[str, Attribute], element: Element, path: str, problems: list[str]) -> None:
    for name, value in element.attrib.items():
        if name.startswith(_XSI):
            continue
        if name not in known:
            problems.append(f"{path}: has an attribute that it must not have")
            continue
        objection = known[name].type.objection(value)
        if objection:
            problems.append(f"{path}/@{name}: {objection}")
    problems.extend(
        f"{path}: has no {name}, which it needs"
        for name, attribute in known.items()
        if attribute.required and name not in element.attrib
    )


def _children(schema: Schema, type_: Complex, element: Element, path: str, problems: list[str]) -> None:
    children = list(element)
    matching = _Matching(children)
    whole = type_.content is None or matching.group(type_.content)
    if not whole or matching.at < len(children):
        problems.append(f"{path}: {matching.words()}")
    for use, child in matching.matched:
        if len(problems) >= MOST_PROBLEMS:
            return
        _element(schema, use, child, f"{path}/{use.name}", problems)


@dataclass(slots=True)
class _Failure:
    at: int
    wanted: str


class _Matching:
    """Goes through children once: in a valid schema the next name alone says which part it belongs to (XML Schema
    1.0, 3.8.6, unique particle attribution)."""

    def __init__(self, children: Sequence[Element]) -> None:
        self._children = children
        self.at = 0
        self.matched: list[tuple[Use, Element]] = []
        self._failure = _Failure(-1, "")

    def words(self) -> str:
        """What went wrong, in names of the schema."""
        wanted = self._failure.wanted
        if self._failure.at >= len(self._children) or (wanted and self.at >= len(self._children)):
            return f"{wanted} is missing"
        return f"child {self.at + 1} is not in its place" + (f"; {wanted} is wanted" if wanted else "")

    def group(self, group: Group) -> bool:
        """As often as the group must and may occur."""
        times = 0
        while group.most is None or times < group.most:
            before = self.at
            if times >= group.least and not self._begins(group):
                break
            if not self._once(group):
                return False
            times += 1
            if self.at == before:
                break
        return True

    def _once(self, group: Group) -> bool:
        if group.kind == "sequence":
            return all(self._part(part) for part in group.parts)
        if group.kind == "choice":
            for part in group.parts:
                if self._begins(part):
                    return self._part(part)
            return any(_optional(part) for part in group.parts) or self._fail(_name(group))
        left = list(group.parts)
        while True:
            found = next((each for each in left if self._begins(each)), None)
            if found is None:
                missing = next((each for each in left if not _optional(each)), None)
                return missing is None or self._fail(_name(missing))
            left.remove(found)
            if not self._part(found):
                return False

    def _part(self, part: Use | Group) -> bool:
        if isinstance(part, Group):
            return self.group(part)
        times = 0
        while (part.most is None or times < part.most) and self._begins(part):
            self.matched.append((part, self._children[self.at]))
            self.at += 1
            times += 1
        return times >= part.least or self._fail(part.name)

    def _begins(self, part: Use | Group) -> bool:
        """Whether the next child can be the first of this part."""
        if self.at >= len(self._children):
            return False
        if isinstance(part, Use):
            return self._children[self.at].tag == part.name
        for inner in part.parts:
            if self._begins(inner):
                return True
            if part.kind == "sequence" and not _optional(inner):
                return False
        return False

    def _fail(self, wanted: str) -> bool:
        self._failure = _Failure(self.at, wanted)
        return False


def _optional(part: Use | Group) -> bool:
    if part.least == 0 or isinstance(part, Use):
        return part.least == 0
    inner = [_optional(each) for each in part.parts]
    return any(inner) if part.kind == "choice" else all(inner)


def _name(part: Use | Group) -> str:
    if isinstance(part, Use):
        return part.name
    return " or ".join(_name(each) for each in part.parts) if part.kind == "choice" else _name(part.parts[0])
