"""Boxes: how much two overlap, and which of many say the same thing.

Boxes are rows of float64: (score, left, top, right, bottom), in pixels of the picture they were found in.
"""

import numpy as np
import numpy.typing as npt

from sluice.errors import TerminalError

Rows = npt.NDArray[np.float64]
"""Shape (n, 5)."""

Box = npt.NDArray[np.float64]
"""Shape (4,): left, top, right, bottom."""

NO_ROWS_SHAPE = (0, 5)


def rows_of(box: npt.NDArray[np.float32], score: npt.NDArray[np.float32], least: float, side: float) -> Rows:
    """A detector's answer for one square of `side` pixels, boxes as fractions of it: rows scored above `least`.

    Raises TerminalError where the answer is not numbers: "nobody" must be something that the network said.
    """
    if not (np.isfinite(score).all() and np.isfinite(box).all()):
        raise TerminalError("a detector's answer is not a number")
    likely = score > least
    corners = box[likely][:, [1, 0, 3, 2]].astype(np.float64) * side
    return np.concatenate([score[likely].astype(np.float64)[:, None], corners], axis=1)


def overlap(box: Box, boxes: npt.NDArray[np.float64], smaller: bool = False) -> npt.NDArray[np.float64]:
    """Intersection over union of one box with each of many (n, 4).

    `smaller`: over the smaller of the two areas instead, which is 1 for a box inside another.
    """
    width = np.clip(np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0]), 0, None)
    height = np.clip(np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1]), 0, None)
    one = (box[2] - box[0]) * (box[3] - box[1])
    many = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    shared = width * height
    under = np.minimum(one, many) if smaller else one + many - shared
    return np.asarray(shared / np.maximum(under, 1e-9))


def suppress(rows: Rows, most: float, most_inside: float = 1.0) -> Rows:
    """The best-scored boxes of those that overlap each other, best first.

    A box goes when its overlap with a better one is more than `most`, or more than `most_inside` of the smaller of
    the two lies within the other.
    """
    left = rows[np.argsort(-rows[:, 0], kind="stable")]
    kept: list[npt.NDArray[np.float64]] = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        apart = overlap(best[1:], left[:, 1:]) <= most
        apart &= overlap(best[1:], left[:, 1:], smaller=True) <= most_inside
        left = left[apart]
    return np.array(kept, np.float64).reshape(-1, 5)


def clip(rows: Rows, width: int, height: int, least: float = 1.0) -> Rows:
    """Boxes cut off at the picture's edges; those with a side under `least` pixels go."""
    out = rows.copy()
    out[:, [1, 3]] = np.clip(out[:, [1, 3]], 0, width)
    out[:, [2, 4]] = np.clip(out[:, [2, 4]], 0, height)
    return out[np.minimum(out[:, 3] - out[:, 1], out[:, 4] - out[:, 2]) >= least]
