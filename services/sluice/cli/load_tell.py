"""What `sluice load` tells people."""

from collections.abc import Sequence
from typing import TextIO

from sluice.cli.tell import say
from sluice.load.report import Row
from sluice.load.summary import Summary


def tell_summary(summary: Summary) -> None:
    """What should be known of a run besides its row."""
    for problem in summary.problems:
        say(f"{summary.rate:g}/s: not valid: {problem}")
    if summary.interrupted:
        say(f"{summary.rate:g}/s: stopped after {summary.seconds:.0f} s of measuring")
    if summary.repeats:
        say(
            f"{summary.rate:g}/s: {summary.repeats:,} pictures were sent a second time (--distinct): their originals "
            "and renditions were in the object store already, which a new picture's are not"
        )


def show_rows(out: TextIO, rows: Sequence[Row]) -> None:
    """Columns: the first to the left, figures to the right, and an empty line behind. Nothing for no rows."""
    if not rows:
        return
    widths = [max(len(cells[at]) for cells in rows) for at in range(len(rows[0]))]
    for cells in rows:
        first, *others = (
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        out.write("  ".join((first, *others)).rstrip() + "\n")
    out.write("\n")
    out.flush()
