"""Connected regions of a map of probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Pixels that touch each other, also at corners.

    `points`: float64 (n, 2), the x and y of the first and the last pixel of every run in a row; they have the same
    convex hull as the whole. `mean`: of the probabilities of its pixels.
    """

    points: Floats
    mean: float


def regions(probability: Floats, least: float) -> list[Region]:
    """The regions of the pixels above `least`, in the order of their first pixel. `probability`: (height, width).

    Rows are cut into runs, runs that touch are joined; nothing here loops over pixels, so that a map full of specks
    costs milliseconds as well.
    """
    rows, starts, ends = _runs(probability > least)
    if not len(rows):
        return []
    _, label = np.unique(_joined(rows, starts, ends, probability.shape[1]), return_inverse=True)
    total = np.cumsum(probability.astype(np.float64), axis=1)
    sums = total[rows, ends - 1] - np.where(starts > 0, total[rows, starts - 1], 0)
    means = np.bincount(label, sums) / np.bincount(label, ends - starts)
    order = np.argsort(label, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return [
        Region(_points(rows[part], starts[part], ends[part]), mean)
        for part, mean in zip(parts, means.tolist(), strict=True)
    ]


def _runs(mask: npt.NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """Row, first column and column past the last of every run, in reading order."""
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    return rows, starts, np.nonzero(edges == -1)[1]


def _joined(rows: Ints, starts: Ints, ends: Ints, width: int) -> Ints:
    """For every run the first run of its region."""
    stride = width + 2
    below = (rows + 1) * stride
    first = np.searchsorted(rows * stride + ends, below + starts, side="left")
    past = np.searchsorted(rows * stride + starts, below + ends, side="right")
    counts = np.maximum(past - first, 0)
    upper = np.repeat(np.arange(len(rows)), counts)
    lower = np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    root = np.arange(len(rows))
    while True:
        one, other = root[upper], root[lower]
        apart = one != other
        if not apart.any():
            return root
        np.minimum.at(root, np.maximum(one, other)[apart], np.minimum(one, other)[apart])
        while not np.array_equal(root, further := root[root]):
            root = further


def _points(rows: Ints, starts: Ints, ends: Ints) -> Floats:
    both = [np.stack([starts, rows], axis=1), np.stack([ends - 1, rows], axis=1)]
    return np.concatenate(both).astype(np.float64)
