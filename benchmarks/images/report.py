"""What a part found, for people and for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Outcome:
    """A table, remarks below it, and figures for the JSON line. The first `words` columns hold words."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: Mapping[str, float]
    notes: Sequence[str] = field(default=())
    words: int = 1


def show(outcome: Outcome) -> None:
    """Prints the table and the remarks."""
    console = Console(width=120)
    table = Table(title=outcome.title)
    for index, name in enumerate(outcome.columns):
        table.add_column(name, justify="left" if index < outcome.words else "right")
    for row in outcome.rows:
        table.add_row(*row)
    console.print(table)
    for note in outcome.notes:
        console.print(note)


def put_figures(outcomes: Sequence[Outcome]) -> None:
    """The last line: one JSON object. Raises ValueError where two parts use one name."""
    figures: dict[str, float] = {}
    for outcome in outcomes:
        if figures.keys() & outcome.figures.keys():
            raise ValueError(f"two parts have {sorted(figures.keys() & outcome.figures.keys())}")
        figures |= outcome.figures
    sys.stdout.write(json.dumps({name: round(value, 4) for name, value in figures.items()}) + "\n")
