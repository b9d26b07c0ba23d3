"""Are the scores probabilities? Of texts with like scores, the share that is of the category, at its base rate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.svg import chart_svg
from evaluation.table import Chart, Line
from training.calibration import texts
from training.rows import CATEGORIES
from training.samples import Samples

Array = npt.NDArray[Any]

PARTS = 10
FEWEST = 20
"""Texts in a part of 0..1, below which nothing is said of it."""
LEAST_POSITIVES = 50
_STYLE = (
    "<style>text{font:12px sans-serif;fill:#57606a}.grid{stroke:#d0d7de}.diagonal{stroke:#8c959f}"
    "path{stroke-width:1.5}svg{background:#fff}</style>"
)


@dataclass(frozen=True, slots=True)
class Part:
    """Texts with like scores. `score`, `share`: the mean score and the share of positives, weighed to the base rate;
    `weight`: how much of all texts they are."""

    score: float
    share: float
    weight: float


def parts(scores: Array, truth: Array, base: float) -> list[Part]:
    """Ten equal parts of 0..1, from scores [n] and answers [n], of which both occur. Positives weigh so much that
    they are the share `base` of all."""
    rate = truth.mean()
    weights = np.where(truth, base / rate, (1 - base) / (1 - rate)) / len(truth)
    places = np.minimum((scores * PARTS).astype(int), PARTS - 1)
    found = []
    for place in range(PARTS):
        chosen = places == place
        if chosen.sum() >= FEWEST:
            weight = weights[chosen]
            found.append(
                Part(
                    float(np.average(scores[chosen], weights=weight)),
                    float(np.average(truth[chosen], weights=weight)),
                    float(weight.sum()),
                )
            )
    return found


def error(found: Sequence[Part]) -> float:
    """The expected calibration error: the mean distance of score and share (Naeini et al. 2015, AAAI 29)."""
    return sum(part.weight * abs(part.score - part.share) for part in found) / sum(part.weight for part in found)


def by_category(samples: Samples, scores: Array, base: Array, lang: str) -> Mapping[str, list[Part]]:
    """Category -> its parts, from left-out scores [N, C]; without the categories that have too few examples."""
    counted = texts(samples, lang)
    found: dict[str, list[Part]] = {}
    for column, name in enumerate(CATEGORIES.values()):
        known = counted & (samples.labels[:, column] >= 0)
        truth = samples.labels[known, column] == 1
        if LEAST_POSITIVES <= truth.sum() < len(truth):
            found[name] = parts(scores[known, column], truth, float(base[column]))
    return found


def lines(found: Mapping[str, list[Part]], lang: str) -> list[str]:
    """A line for the card."""
    errors = ", ".join(f"{name} {error(one):.3f}" for name, one in found.items())
    return [f"{lang}: expected calibration error at the base rate: {errors}"]


def write(found: Mapping[str, list[Part]], lang: str, path: Path) -> None:
    """Draws it as an SVG file."""
    curves = [Line(name, [(part.score, part.share) for part in one]) for name, one in found.items()]
    chart = Chart(f"Reliability, {lang}", "score", "share that is", curves, "", diagonal=True)
    drawn = (
        chart_svg(chart).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).replace(">", f">{_STYLE}", 1)
    )
    path.write_text(drawn + "\n", encoding="utf-8")
