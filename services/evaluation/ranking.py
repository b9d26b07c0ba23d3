"""How well scores tell two kinds of rows apart, whatever the threshold. Pure; arrays are [rows]."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Bools: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Steps:
    """One entry per different score, from the highest down: the score, and how many rows of each kind reach it."""

    scores: Floats
    hits: Floats
    misses: Floats


def steps(truth: Bools, scores: Floats) -> Steps:
    """`truth` and `scores`, [rows], at least one; rows with the same score come in one step."""
    order = np.argsort(-scores, kind="stable")
    ranked, is_hit = scores[order], truth[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    hits = np.cumsum(is_hit)[last].astype(np.float64)
    return Steps(ranked[last], hits, last + 1.0 - hits)


def average_precision(truth: Bools, scores: Floats) -> float:
    """The area under the precision-recall curve as a sum over its steps: (R_n - R_(n-1)) P_n, without interpolation.

    Zhu (2004), "Recall, precision and average precision", University of Waterloo; what scikit-learn calls
    average_precision_score. Needs at least one row that is true.
    """
    at = steps(truth, scores)
    gained = np.diff(at.hits, prepend=0.0)
    return float(np.sum(gained * at.hits / (at.hits + at.misses)) / at.hits[-1])


def roc_auc(truth: Bools, scores: Floats) -> float:
    """The chance that a true row scores above a false one, a tie counting half. Needs a row of each kind.

    Mann and Whitney's U over the number of pairs: Hanley and McNeil (1982), "The meaning and use of the area under a
    receiver operating characteristic curve", Radiology 143, p. 29-36.
    """
    at = steps(truth, scores)
    gained, below = np.diff(at.hits, prepend=0.0), at.misses[-1] - at.misses
    tied = np.diff(at.misses, prepend=0.0)
    return float(np.sum(gained * (below + tied / 2)) / (at.hits[-1] * at.misses[-1]))


def precision_recall(truth: Bools, scores: Floats) -> list[tuple[float, float]]:
    """(recall, precision) at every different score, from the highest down. Needs at least one row that is true."""
    at = steps(truth, scores)
    pairs = zip(at.hits / at.hits[-1], at.hits / (at.hits + at.misses), strict=True)
    return [(float(recall), float(precision)) for recall, precision in pairs]


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows whose scores are alike: how many, their mean score, the share of them that is true."""

    n: int
    mean: float
    share: float


def reliability(truth: Bools, scores: Floats, bins: int = 10) -> list[Bin]:
    """The rows in equal parts of 0..1 by score; parts without rows are left out.

    The reliability diagram of DeGroot and Fienberg (1983), "The comparison and evaluation of forecasters",
    The Statistician 32, p. 12-22.
    """
    place = np.minimum((scores * bins).astype(np.int64), bins - 1)
    chosen = [place == number for number in range(bins)]
    return [Bin(int(c.sum()), float(scores[c].mean()), float(truth[c].mean())) for c in chosen if c.any()]


def calibration_error(bins: list[Bin]) -> float:
    """How far share and mean score are apart, averaged over rows (the "expected calibration error")."""
    total = sum(part.n for part in bins)
    return sum(part.n * abs(part.share - part.mean) for part in bins) / total
