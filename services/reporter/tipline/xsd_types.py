"""Simple types of XML Schema 1.0: what a text must look like. An objection never repeats the text."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final

_ZONE: Final = r"(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)?"
_FORMS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "boolean": re.compile("true|false|0|1"),
        "dateTime": re.compile(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?{_ZONE}", re.ASCII),
        "date": re.compile(rf"\d{{4}}-\d\d-\d\d{_ZONE}", re.ASCII),
        "time": re.compile(rf"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?{_ZONE}", re.ASCII),
        "decimal": re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII),
        "integer": re.compile(r"[+-]?\d+", re.ASCII),
        "double": re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|-?INF|NaN", re.ASCII),
        "hexBinary": re.compile("([0-9a-fA-F]{2})*"),
        "base64Binary": re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*"),
        "language": re.compile("[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*"),
        "NMTOKEN": re.compile(r"[\w.:-]+"),
        "NCName": re.compile(r"[^\W\d][\w.-]*"),
    }
)
_RANGES: Final[Mapping[str, tuple[int | None, int | None]]] = MappingProxyType(
    {
        "integer": (None, None),
        "long": (-(2**63), 2**63 - 1),
        "int": (-(2**31), 2**31 - 1),
        "short": (-(2**15), 2**15 - 1),
        "byte": (-128, 127),
        "nonNegativeInteger": (0, None),
        "positiveInteger": (1, None),
        "nonPositiveInteger": (None, 0),
        "negativeInteger": (None, -1),
        "unsignedLong": (0, 2**64 - 1),
        "unsignedInt": (0, 2**32 - 1),
        "unsignedShort": (0, 2**16 - 1),
        "unsignedByte": (0, 255),
    }
)
_ALIASES: Final[Mapping[str, str]] = MappingProxyType({"float": "double", "ID": "NCName", "Name": "NMTOKEN"})
_TEXTS: Final = frozenset({"string", "normalizedString", "token", "anyURI", "anySimpleType"})
_KEPT: Final = frozenset({"string", "anySimpleType"})
"""Whose white space is part of the value; of all others it is collapsed."""
_DATES: Final[Mapping[str, Callable[[str], object]]] = MappingProxyType(
    {"dateTime": datetime.fromisoformat, "date": date.fromisoformat}
)


@dataclass(frozen=True, slots=True)
class Simple:
    """A built-in type, or one that narrows another. Lengths are of characters."""

    builtin: str
    base: "Simple | None" = None
    enumeration: frozenset[str] = frozenset()
    patterns: tuple[re.Pattern[str], ...] = ()
    """One of them must match."""
    least: Decimal | None = None
    most: Decimal | None = None
    above: Decimal | None = None
    below: Decimal | None = None
    shortest: int | None = None
    longest: int | None = None

    def objection(self, text: str) -> str:
        """Why this text is none of the type's; empty: it is one."""
        value = text if self.builtin in _KEPT else " ".join(text.split())
        objection = self.base.objection(text) if self.base is not None else _builtin(self.builtin, value)
        return objection or self._narrower(value)

    def _narrower(self, value: str) -> str:
        if self.enumeration and value not in self.enumeration:
            return f"is none of the {len(self.enumeration)} values that are allowed"
        if self.patterns and not any(pattern.fullmatch(value) for pattern in self.patterns):
            return "does not have the form that is wanted"
        if self.shortest is not None and len(value) < self.shortest:
            return f"has {len(value)} characters, fewer than {self.shortest}"
        if self.longest is not None and len(value) > self.longest:
            return f"has {len(value)} characters, more than {self.longest}"
        if self.least is self.most is self.above is self.below is None:
            return ""
        return self._outside(value)

    def _outside(self, value: str) -> str:
        try:
            number = Decimal(value)
        except InvalidOperation:
            return "is no number"
        outside = (
            (self.least is not None and number < self.least)
            or (self.most is not None and number > self.most)
            or (self.above is not None and number <= self.above)
            or (self.below is not None and number >= self.below)
        )
        return "is a number outside the range" if outside else ""


def is_builtin(name: str) -> bool:
    """Whether this is a type of XML Schema that is checked here."""
    return name in _TEXTS or name in _FORMS or name in _RANGES or name in _ALIASES


def _builtin(name: str, value: str) -> str:
    if name in _TEXTS:
        return ""
    if name in _RANGES:
        if not _FORMS["integer"].fullmatch(value):
            return "is no whole number"
        least, most = _RANGES[name]
        if len(value) > 40 or (least is not None and int(value) < least) or (most is not None and int(value) > most):
            return "is a number outside the range"
        return ""
    form = _ALIASES.get(name, name)
    if not _FORMS[form].fullmatch(value):
        return f"is no {name}"
    if name in _DATES:
        try:
            _DATES[name](value[:10] if name == "date" else value)
        except ValueError:
            return f"is no {name}"
    return ""
