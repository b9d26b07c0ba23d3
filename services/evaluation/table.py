"""Tables and curves of a report, before anybody draws them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sluice.shares import Share


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: names; those that begin with ">" are of numbers and stand right. `note`: what it means."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A curve: points (x, y), each 0..1, in the order in which they are joined."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Chart:
    """Curves over 0..1 in both directions. `diagonal`: draws x = y for comparison."""

    title: str
    across: str
    up: str
    lines: Sequence[Line]
    note: str = ""
    diagonal: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A report: a title, facts about it (name, value), tables, curves."""

    title: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[Table]
    charts: Sequence[Chart] = field(default_factory=tuple)


def share_cells(share: Share) -> tuple[str, str, str]:
    """N, the share, and its 95 % interval."""
    if share.value is None:
        return "0", "", ""
    low, high = share.interval()
    return str(share.n), f"{share.value:.3f}", f"{low:.3f} to {high:.3f}"


def number(value: float | None) -> str:
    """Three digits; nothing where there is nothing to say."""
    return "" if value is None else f"{value:.3f}"
