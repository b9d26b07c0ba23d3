"""This run against an earlier one: what changed, and what got worse by more than chance. Pure.

A metric is compared on the rows that both runs have, by id and label, where those are nine in ten of the smaller
run's: row by row, by McNemar's exact test. Otherwise as two independent sets of rows, by Newcombe's interval of the
difference.

It has regressed where more rows got worse than better and the test's p is below 5 %, or where the whole interval is
below 0. The two metrics over all rows are tested at 5 % each; the groups together at 5 % (Bonferroni: 5 % over their
number), so that a file with many groups does not fail by chance.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.judged import Outcome
from evaluation.metrics import right
from evaluation.table import Table, number
from sluice.shares import LEVEL, Share, mcnemar, newcombe

_SHARED = 0.9


@dataclass(frozen=True, slots=True)
class Marked:
    """A labelled row of a run: what it should be, whether it was, and the groups that are compared."""

    id: str
    unsafe: bool
    right: bool
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric, before and after. `test`: which one, with its figures. `regressed`: worse by more than chance."""

    group: str
    metric: str
    before: Share
    after: Share
    test: str
    regressed: bool


def marks(outcomes: Iterable[Outcome], by: Sequence[str]) -> list[Marked]:
    """The labelled rows of this run."""
    return [
        Marked(
            row.case.id,
            row.case.unsafe,
            right(row),
            {name: row.case.groups[name] for name in by if name in row.case.groups},
        )
        for row in outcomes
        if row.case.unsafe is not None
    ]


def marks_json(found: Iterable[Marked]) -> list[dict[str, object]]:
    """Rows as a report keeps them: ids, labels and groups, no content."""
    return [{"id": m.id, "unsafe": m.unsafe, "right": m.right, "groups": dict(m.groups)} for m in found]


def read_marks(report: Mapping[str, Any]) -> list[Marked]:
    """The rows of an earlier report. Raises KeyError, TypeError or ValueError where it is none."""
    if report["format"] != 1:
        raise ValueError(f"format {report['format']!r}, not 1")
    return [
        Marked(str(row["id"]), bool(row["unsafe"]), bool(row["right"]), dict(row["groups"])) for row in report["rows"]
    ]


def compare(before: Sequence[Marked], after: Sequence[Marked], by: Sequence[str]) -> list[Difference]:
    """Every metric that both runs have rows for: over all rows, then by each group."""
    pairs = [("all", before, after)]
    for name in by:
        values = sorted({m.groups[name] for m in before if name in m.groups})
        pairs += [(f"{name} {value}", _of(before, name, value), _of(after, name, value)) for value in values]
    tested = []
    for group, old, new in pairs:
        for metric, unsafe in (("not_unsafe", True), ("not_overrefuse", False)):
            both = [[m for m in run if m.unsafe is unsafe] for run in (old, new)]
            if all(both):
                tested.append((group, metric, both[0], both[1]))
    groups = sum(group != "all" for group, *_ in tested)
    return [_difference(*one, LEVEL if one[0] == "all" else LEVEL / groups) for one in tested]


def _of(rows: Sequence[Marked], name: str, value: str) -> Sequence[Marked]:
    return [row for row in rows if row.groups.get(name) == value]


def differences_table(found: Sequence[Difference]) -> Table:
    """A line per metric and group."""
    rows = []
    for one in found:
        change = (one.after.value or 0.0) - (one.before.value or 0.0)
        said = "REGRESSED" if one.regressed else ""
        cells = (str(one.before.n), number(one.before.value), str(one.after.n), number(one.after.value))
        rows.append((one.group, one.metric, *cells, f"{change:+.3f}", one.test, said))
    columns = ("group", "metric", ">N before", ">before", ">N now", ">now", ">change", "test", "")
    note = (
        "REGRESSED: lower by more than chance, at 5 % for all rows and at 5 % divided by their number for groups. "
        "McNemar: rows that got worse and better among those of both runs."
    )
    return Table("Against the baseline", columns, rows, note)


def _difference(
    group: str, metric: str, before: Sequence[Marked], after: Sequence[Marked], level: float
) -> Difference:
    old, new = {m.id: m.right for m in before}, {m.id: m.right for m in after}
    shared = old.keys() & new.keys()
    shares = Share(sum(old.values()), len(old)), Share(sum(new.values()), len(new))
    if len(shared) >= _SHARED * min(len(old), len(new)):
        worse = sum(old[name] and not new[name] for name in shared)
        better = sum(new[name] and not old[name] for name in shared)
        p = mcnemar(worse, better)
        test = f"McNemar, {len(shared)} rows: {worse} worse, {better} better, p {p:.3g}"
        return Difference(group, metric, *shares, test, worse > better and p < level)
    low, high = newcombe(*shares, level)
    return Difference(group, metric, *shares, f"Newcombe {low:+.3f} to {high:+.3f}", high < 0)
