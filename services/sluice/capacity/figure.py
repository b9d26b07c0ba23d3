"""One number and why anybody should believe it."""

from dataclasses import dataclass
from enum import StrEnum


class Basis(StrEnum):
    """MEASURED: by a command that is named. CODE: a constant of the code. ASSUMED: nobody has measured it."""

    MEASURED = "measured"
    CODE = "code"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Figure:
    """`name`: its place in the costs file, such as services.ingest.cpu.prompt. `how`: command, machine and date, the
    place in the code, or why it is assumed."""

    name: str
    value: float
    unit: str
    basis: Basis
    how: str


def bases(figures: "tuple[Figure, ...]") -> str:
    """In words what some figures rest on, such as "measured, assumed": what is surest first."""
    found = {figure.basis for figure in figures}
    return ", ".join(basis for basis in Basis if basis in found)
