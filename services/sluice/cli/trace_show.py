"""A trace on a terminal: a line per span, on one axis of time."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from sluice.cli.tell import one_line
from sluice.trace.span import TraceSpan
from sluice.trace.spent import spent, waited
from sluice.trace.tree import DECIDE, Row, Tree
from sluice.trace.words import duration

LEAST_BAR: Final = 10
MOST_BAR: Final = 80
MOST_NAMED: Final = 3
"""Parts of the critical path that the summary names."""

_MS: Final = 1_000_000
_STYLES: Final = {"ALLOW": "bold green", "REVIEW": "bold yellow", "BLOCK": "bold red"}
_TIME: Final = 9
_LEAST_LABEL: Final = 20
_MOST_LEVELS: Final = 10
"""Of the tree that are drawn; what lies deeper stands below the last one."""
_SHORTEST_GAP: Final = _MS
_EARLIEST: Final = _MS
"""Broker times have milliseconds: what differs by less is no sign of clocks that differ."""


def show_trace(console: Console, tree: Tree, about: Sequence[str]) -> None:
    """The whole trace. `about`: lines on what it is and where it comes from."""
    console.print(_head(tree), soft_wrap=True)
    for words in about:
        console.print(Text(one_line(words), style="dim"), soft_wrap=True)
    console.print()
    labels = [_label(row, guide) for row, guide in _guides(tree.rows)]
    least = 2 + 2 * (_TIME + 1) + 1
    longest = max(cell_len(label.plain) for label in labels)
    wide = min(max(longest, _LEAST_LABEL), max(_LEAST_LABEL, console.width - least - LEAST_BAR))
    bar = max(LEAST_BAR, min(MOST_BAR, console.width - least - wide))
    head = f"  {'':<{wide}} {'start':>{_TIME}} {'took':>{_TIME}} "
    console.print(Text(head + _axis(tree, bar), style="dim"), no_wrap=True, crop=True)
    for (row, guide), label in zip(_guides(tree.rows), labels, strict=True):
        for line in _lines(tree, row, guide, label, wide, bar):
            line.truncate(console.width, overflow="ellipsis")
            console.print(line, no_wrap=True)
    console.print()
    for sentence in _summary(tree):
        console.print(Text(sentence), soft_wrap=True)


def _head(tree: Tree) -> Text:
    services = {row.span.service for row in tree.rows if row.span.service}
    whole = tree.end_ns - tree.begin_ns
    if tree.decision is None:
        head = Text("NO DECISION in this trace", style="bold red")
    else:
        action = one_line(tree.decision.text("sluice.action")) or "DECIDED"
        head = Text(action, style=_STYLES.get(action, "bold"))
        head.append(f"  decided after {duration(tree.decision.end_ns - tree.begin_ns)}", style="default")
        if tree.decision.attributes.get("sluice.complete") is False:
            head.append("  incomplete", style="yellow")
    count = f"{len(tree.rows)} span{'s' if len(tree.rows) > 1 else ''}"
    head.append(f"  whole trace {duration(whole)}, {count}, {len(services)} service", style="not bold default")
    return head.append("s" if len(services) != 1 else "", style="not bold default")


def _guides(rows: Sequence[Row]) -> Iterator[tuple[Row, str]]:
    """Each row with the lines of the tree that lead to it."""
    open_levels: list[bool] = []
    for row in rows:
        del open_levels[row.depth :]
        levels = open_levels[1:][: _MOST_LEVELS - 1]
        guide = "".join("│ " if more else "  " for more in levels)
        yield row, guide + ("" if not row.depth else "└ " if row.last else "├ ")
        open_levels.append(not row.last)


def _label(row: Row, guide: str) -> Text:
    span = row.span
    label = Text(guide, style="dim")
    if span.service and not row.inside:
        label.append(f"{one_line(span.service)} ", style="cyan not dim")
    label.append(one_line(span.name) or "(no name)", style="not dim bold" if row.critical else "not dim")
    action = one_line(span.text("sluice.action")) if span.name == DECIDE else ""
    if action:
        label.append(f" {action}", style=f"not dim {_STYLES.get(action, 'bold')}")
    return label


def _lines(tree: Tree, row: Row, guide: str, label: Text, wide: int, bar: int) -> Iterator[Text]:
    span, gap = row.span, row.gap
    indent = guide.replace("├", "│").replace("└", "│")
    if gap and gap.length_ns >= _SHORTEST_GAP:
        text = Text(indent + one_line(waited(row)), style="italic yellow" if row.critical else "italic dim")
        mark = "*" if row.critical else " "
        yield _line(tree, mark, text, (gap.start_ns, gap.start_ns + gap.length_ns), ("·", "yellow"), wide, bar)
    style = "red" if span.error else "bold yellow" if row.critical else "blue"
    times = (span.start_ns, span.end_ns)
    yield _line(tree, "*" if row.critical else " ", label, times, ("█", style), wide, bar)
    below = "  " + guide.replace("├", "│").replace("└", " ") + "  "
    for words, colour in _notes(row):
        yield Text.assemble((below, "dim"), (one_line(words), colour))


def _line(
    tree: Tree, mark: str, label: Text, times: tuple[int, int], cell: tuple[str, str], wide: int, bar: int
) -> Text:
    shown = label.copy()
    shown.truncate(wide, overflow="ellipsis", pad=True)
    start, end = times
    line = Text.assemble((f"{mark} ", "bold yellow"), shown)
    line.append(f" {duration(start - tree.begin_ns):>{_TIME}} {duration(end - start):>{_TIME}} ")
    left, right = _cells(tree, times, bar)
    return line.append(" " * left).append(cell[0] * (right - left), style=cell[1])


def _cells(tree: Tree, times: tuple[int, int], bar: int) -> tuple[int, int]:
    """First and, without it, last cell of a bar: at least one of them, whatever the times are."""
    whole = max(1, tree.end_ns - tree.begin_ns)
    start, end = (min(max(0, at - tree.begin_ns), whole) for at in times)
    left = min(bar - 1, start * bar // whole)
    return left, max(left + 1, -(-end * bar // whole))


def _axis(tree: Tree, bar: int) -> str:
    whole = duration(tree.end_ns - tree.begin_ns)
    return f"0{whole:>{bar - 1}}" if len(whole) < bar else ""


def _notes(row: Row) -> Iterator[tuple[str, str]]:
    span = row.span
    if span.error:
        yield f"error: {span.error}", "red"
    if span.name == DECIDE and span.text("sluice.rule"):
        yield f"rule: {span.text('sluice.rule')}", "default"
    if row.loose == "parent missing":
        yield f"its parent, span {span.parent}, is not here: told elsewhere, or lost", "yellow"
    if row.loose == "circle":
        yield "it is its own ancestor: somebody told nonsense", "red"
    if row.early_ns >= _EARLIEST:
        yield f"begins {duration(row.early_ns)} before its parent: clocks differ", "yellow"
    if span.text("sluice.batch.size"):
        yield f"in a batch of {span.text('sluice.batch.size')}", "dim"
    if row.joins:
        yield f"joins {', '.join(_named(each) for each in row.joins)}", "dim"
    if row.far:
        yield f"links to {row.far} span{'s' if row.far > 1 else ''} that {_are(row.far)} not in this trace", "dim"


def _named(span: TraceSpan) -> str:
    # What is made up is told by the orchestrator, whoever did the work.
    return (span.synthesised and span.text("sluice.check")) or span.service or span.name or span.span_id


def _are(count: int) -> str:
    return "are" if count > 1 else "is"


def _summary(tree: Tree) -> Iterator[str]:
    yield "* critical path: without these, the end would have come sooner"
    whole = max(1, tree.end_ns - tree.begin_ns)
    parts = [
        f"{one_line(part.what)} {duration(part.ns)} ({100 * part.ns / whole:.0f} %)"
        for part in spent(tree)[:MOST_NAMED]
    ]
    if parts:
        yield f"most of the time: {'; '.join(parts)}"
    if any(row.span.synthesised for row in tree.rows):
        count = sum(row.span.synthesised for row in tree.rows)
        were = "were" if count > 1 else "was"
        yield f"{count} of the spans {were} made up from timestamps: nobody told of it while it happened"
