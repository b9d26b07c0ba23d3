"""Short names of enum values: `ALLOW` on a screen and over HTTP for what is `ACTION_ALLOW` on the wire."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from google.protobuf.internal.enum_type_wrapper import _EnumTypeWrapper

V = TypeVar("V", bound=int)
_UNSPECIFIED = "UNSPECIFIED"


def short_name(enum: "_EnumTypeWrapper[V]", number: V) -> str | None:
    """The name without its prefix; None for what is not specified; the number itself where it is newer than us."""
    if number not in enum.values():
        return str(int(number))
    name = enum.Name(number).removeprefix(_prefix(enum))
    return None if name == _UNSPECIFIED else name


def number_of(enum: "_EnumTypeWrapper[V]", word: str) -> V | None:
    """The value whose short name this is, in upper or lower case; None where there is none."""
    name = _prefix(enum) + word.strip().upper()
    unspecified = _prefix(enum) + _UNSPECIFIED
    return enum.Value(name) if name in enum.keys() and name != unspecified else None  # noqa: SIM118


def short_names(enum: "_EnumTypeWrapper[V]") -> list[str]:
    """Every short name, in lower case, for messages to people."""
    names: Iterable[str] = enum.keys()
    short = [name.removeprefix(_prefix(enum)) for name in names]
    return [name.lower() for name in short if name != _UNSPECIFIED]


def _prefix(enum: "_EnumTypeWrapper[V]") -> str:
    """Every enum of ours has a zero called PREFIX_UNSPECIFIED (buf's STANDARD rules see to it)."""
    zero: str = enum.keys()[0]
    return zero.removesuffix(_UNSPECIFIED)
