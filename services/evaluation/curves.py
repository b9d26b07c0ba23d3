"""The curves of a report, and what could be had at other thresholds. Pure."""

from collections.abc import Sequence

import numpy as np

from evaluation.categories import Ranked
from evaluation.ranking import average_precision, precision_recall, reliability, steps
from evaluation.table import Chart, Line, Table

_MOST_POINTS = 400
_WANTED = (0.9, 0.95, 0.98, 0.985, 0.99, 0.995)


def precision_recall_chart(found: Sequence[Ranked]) -> Chart:
    """A curve per category, with its AUPRC in its name."""
    lines = [
        Line(
            f"{one.category} {average_precision(one.truth, one.scores):.3f}",
            _thin(precision_recall(one.truth, one.scores)),
        )
        for one in found
        if one.both
    ]
    note = "From the highest score down, at every different score. The figure is AUPRC."
    return Chart("Precision and recall", "recall", "precision", lines, note)


def reliability_chart(found: Sequence[Ranked]) -> Chart:
    """Of rows with like scores, the share that is of the category."""
    lines = [
        Line(one.category, [(part.mean, part.share) for part in reliability(one.truth, one.scores)])
        for one in found
        if one.both
    ]
    note = (
        "Ten equal parts of 0..1. On the diagonal a score is the share of rows with that score, in a file with as "
        "many harmful rows as this one; what a score of 0.5 is meant to mean, the model's card says."
    )
    return Chart("Reliability", "score", "share that is", lines, note, diagonal=True)


def sweep_chart(any_row: Ranked) -> Chart:
    """Both metrics while all thresholds move together."""
    at = np.linspace(0, 1, 201)
    unsafe, safe = any_row.scores[any_row.truth], any_row.scores[~any_row.truth]
    lines = []
    if len(unsafe):
        lines.append(Line("not_unsafe", [(float(x), float((unsafe >= x).mean())) for x in at]))
    if len(safe):
        lines.append(Line("not_overrefuse", [(float(x), float((safe < x).mean())) for x in at]))
    note = (
        "Risk is how far a row's worst score is beyond its threshold, in log-odds: 0.5 is where the policy's "
        "thresholds are, to the left all of them are lower, to the right higher. Rules that compare no "
        "score are not in it."
    )
    return Chart("Moving all thresholds together", "block from this risk on", "share of rows", lines, note)


def trade_table(any_row: Ranked) -> Table:
    """For what is wanted of one metric, the best that the other can be."""
    rows = []
    if any_row.both:
        at = steps(any_row.truth, any_row.scores)
        caught, spared = at.hits / at.hits[-1], 1 - at.misses / at.misses[-1]
        for wanted in _WANTED:
            allowed = np.flatnonzero(spared >= wanted)
            best = int(allowed[-1]) if len(allowed) else None
            cells = ("", "0.000") if best is None else (f"{at.scores[best]:.3f}", f"{caught[best]:.3f}")
            rows.append((f"{wanted:.3f}", *cells))
    columns = (">not_overrefuse at least", ">block from risk", ">not_unsafe")
    note = "Chosen on these very rows, so a little too good. 0.5 is where the policy's thresholds are now."
    return Table("What other thresholds would give", columns, rows, note)


def _thin(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most `_MOST_POINTS` of them, the first and the last among these."""
    if len(points) <= _MOST_POINTS:
        return points
    chosen = np.unique(np.linspace(0, len(points) - 1, _MOST_POINTS).astype(int))
    return [points[index] for index in chosen]
