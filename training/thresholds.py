"""Where each category begins to count: thresholds chosen together, on outputs for sources that were left out.

A budget says which share of harmless texts may be flagged by any category at all. Every category gets a small part of
it for itself, so that rare ones stay awake. The rest is spent step by step, always on the category whose lower
threshold catches the most further harmful texts for what it costs in harmless ones.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from training.calibration import by_row, harmless
from training.samples import Samples

Array = npt.NDArray[Any]

IMAGE_BUDGET = 0.010
"""The share of plainly harmless image prompts that may be flagged; the aim is at most 0.015 in use."""
OTHER_BUDGET = 0.10
"""The same for other harmless texts, most of which nobody would write to an image generator."""
FIRST_SHARE = 0.04
"""What each category gets of either budget for itself."""
STEPS = (1, 3, 10, 30)
"""How many harmless texts further down the next threshold is looked for."""


def choose(samples: Samples, outputs: Array, lang: str) -> Array:
    """[C]: the outputs from which a category counts, from left-out outputs [N, C]."""
    rows = by_row(samples, outputs)
    image, other = harmless(samples, lang)
    unsafe = np.array([row.unsafe is True and row.lang == lang for row in samples.rows])
    weights = _weights([row.source for row in samples.rows], unsafe)
    ladders = [np.sort(rows[image | other, column])[::-1] for column in range(rows.shape[1])]
    places = [_first(rows[:, column], ladder, image, other) for column, ladder in enumerate(ladders)]
    points = np.array([ladder[place] for ladder, place in zip(ladders, places, strict=True)])
    flagged = np.asarray((rows > points).any(axis=1))
    while (step := _step(rows, ladders, places, flagged, (image, other), weights)) is not None:
        column, places[column] = step
        points[column] = ladders[column][places[column]]
        flagged |= rows[:, column] > points[column]
    return points


def _weights(sources: Sequence[str], unsafe: Array) -> Array:
    """[M]: what catching a row is worth. Of a source ten times as large, each counts a third."""
    sizes = Counter(source for source, bad in zip(sources, unsafe, strict=True) if bad)
    found = np.array([sizes[source] ** -0.5 if bad else 0.0 for source, bad in zip(sources, unsafe, strict=True)])
    weights: Array = found / max(found.sum(), 1e-12)
    return weights


def _first(values: Array, ladder: Array, image: Array, other: Array) -> int:
    """The last step of the ladder that keeps to the category's own share of the budgets."""
    groups = [(image, FIRST_SHARE * IMAGE_BUDGET), (other, FIRST_SHARE * OTHER_BUDGET)]
    points = [np.quantile(values[group], 1 - share, method="higher") for group, share in groups if group.any()]
    return int(np.searchsorted(-ladder, -max(points), side="right")) - 1


def _step(
    rows: Array,
    ladders: Sequence[Array],
    places: Sequence[int],
    flagged: Array,
    groups: tuple[Array, Array],
    weights: Array,
) -> tuple[int, int] | None:
    """The category and the step of its ladder that pays best, within both budgets; None: there is none."""
    best: tuple[float, int, int] | None = None
    for column, ladder in enumerate(ladders):
        for size in STEPS:
            place = places[column] + size
            if place >= len(ladder):
                break
            more = ~flagged & (rows[:, column] > ladder[place])
            spent = 1e-6
            over = False
            for group, budget in zip(groups, (IMAGE_BUDGET, OTHER_BUDGET), strict=True):
                count = max(1, int(group.sum()))
                over |= (flagged | more)[group].sum() > budget * count
                spent += more[group].sum() / count / budget
            gain = float(weights[more].sum())
            if not over and gain > 0 and (best is None or gain / spent > best[0]):
                best = gain / spent, column, place
    return None if best is None else best[1:]
