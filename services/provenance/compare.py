"""Two pictures laid over each other: is one a copy of the other, or only like it?

Pictures of one prompt can have the same composition and so nearly the same fingerprint. Laid over each other their
details differ: not in how bright the whole is, or how sharp, which a copy's may, too, but here and there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from provenance.fingerprint import Frame, Window
from provenance.register import Affine, Laid, lay
from sluice.hashing import PDQ_BYTES

REACH: Final = 48
"""Bits. Windows that are so near are tried as places where the pictures meet."""
LEAST_OVERLAP: Final = 0.15
"""Of our picture, that must be seen in the other one."""

_STARTS: Final = 6
_TILE: Final = 16
"""Pixels a side of the parts that are compared, of 256."""
_SEEN: Final = 0.75
"""Of a part, that must lie within both pictures."""

_PAGE: Final = 0.3
"""Of a row of parts at an edge, that differs where it is not our picture that is seen."""
_MOST_PAGE: Final = 0.3
"""Of our picture's height or width, that may be missing at each side."""

ALIKE: Final = 0.9
"""Correlation of the whole that a copy has at least."""
MOST_DIFFERING: Final = 0.0
"""Of the parts, that may differ in a copy. Other pictures of the same prompt can be alike in all but one of 256
(`python -m benchmarks.provenance`), and of copies hardly any has one that differs."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`similarity`: correlation of brightness where both are seen, -1..1. `overlap`: share of our picture that is
    seen in the other. `differing`: share of the parts in which they do not show the same."""

    similarity: float
    overlap: float
    differing: float

    @property
    def copy(self) -> bool:
        """Whether one is a copy of the other."""
        return self.similarity >= ALIKE and self.differing <= MOST_DIFFERING and self.overlap >= LEAST_OVERLAP


NOTHING: Final = Comparison(0.0, 0.0, 1.0)
"""They do not meet anywhere."""

_Grey = npt.NDArray[np.uint8]


def compare(asked: _Grey, asked_windows: Sequence[Window], ours: _Grey, our_windows: Sequence[Window]) -> Comparison:
    """Lays a picture over one of ours. Canonical greys, shape (512, 512), and windows of both. About 0.1 s of CPU.

    Where they meet is guessed from windows that are near each other, and then refined.
    """
    starts = _starts(asked_windows, our_windows)
    if not starts:
        return NOTHING
    laid = lay(asked, ours, starts)
    return NOTHING if laid is None else _judged(laid)


def _starts(asked: Sequence[Window], ours: Sequence[Window]) -> list[Affine]:
    """From shares of our picture to shares of the other one, the likeliest first."""
    if not asked or not ours:
        return []
    bits = np.bitwise_count(_words(asked)[:, None] ^ _words(ours)).sum(axis=2, dtype=np.int64)
    found: list[Affine] = []
    for at in np.argsort(bits, axis=None, kind="stable"):
        query, known = divmod(int(at), len(ours))
        if bits[query, known] > REACH or len(found) == _STARTS:
            break
        move = _between(ours[known].frame, asked[query].frame)
        if move is not None and not any(np.abs(move - other).max() < _SAME for other in found):
            found.append(move)
    return found


_SAME: Final = 0.02
"""Shares by which two guesses may differ and still be one."""


def _words(windows: Sequence[Window]) -> npt.NDArray[np.uint64]:
    return np.frombuffer(b"".join(window.pdq for window in windows), "<u8").reshape(-1, PDQ_BYTES // 8)


def _between(source: Frame, target: Frame) -> Affine | None:
    """What moves one frame onto the other, shape (2, 3); None for one without an area."""
    ours, theirs = _matrix(source), _matrix(target)
    if abs(float(np.linalg.det(ours))) < 1e-6 or abs(float(np.linalg.det(theirs))) < 1e-6:
        return None
    return (theirs @ np.linalg.inv(ours))[:2]


def _matrix(frame: Frame) -> npt.NDArray[np.float64]:
    return np.array(
        [
            [frame.right_x - frame.x, frame.down_x - frame.x, frame.x],
            [frame.right_y - frame.y, frame.down_y - frame.y, frame.y],
            [0.0, 0.0, 1.0],
        ]
    )


def _judged(laid: Laid) -> Comparison:
    ours, theirs, seen = laid.ours, laid.theirs, laid.seen
    tiles = [_tiled(one) for one in (ours, theirs, seen.astype(np.float64))]
    whole = tiles[2].mean(axis=1) >= _SEEN
    differ = np.zeros(len(whole), np.bool_)
    differ[whole] = _differ(*(tile[whole] for tile in tiles))
    rows = len(ours) // _TILE
    kept = _shown(whole.reshape(rows, rows), differ.reshape(rows, rows))
    seen = seen & kept.repeat(_TILE, 0).repeat(_TILE, 1)
    whole &= kept.reshape(-1)
    overlap = float(seen.mean())
    if overlap < LEAST_OVERLAP or not whole.any():
        return Comparison(0.0, overlap, 1.0)
    return Comparison(_correlation(ours[seen], theirs[seen]), overlap, float(differ[whole].mean()))


def _shown(whole: npt.NDArray[np.bool_], differ: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which parts the other picture shows, if it is a copy: a crop on a page has the page where the rest would be.

    Rows and columns at the edges are left out as long as much of them differs. Shapes (n, n).
    """
    kept = np.ones_like(whole)
    for side in range(4):
        turned, over, parts = np.rot90(kept, side), np.rot90(differ, side), np.rot90(whole, side)
        page = False
        for row in range(int(_MOST_PAGE * len(kept))):
            there = parts[row] & turned[row]
            if not there.any():
                continue
            differs = bool(over[row][there].mean() > _PAGE)
            # The picture's edge lies within the first row behind the page: that one is left out, too.
            if not differs and not page:
                break
            turned[row] = False
            if not differs:
                break
            page = True
    return kept


def _differ(
    ours: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64], seen: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Of each part: whether what is there in one is not in the other. Shapes (n, pixels).

    What differs must be more than what JPEG at quality 30 does, and more than half of what there is to see.
    """
    count = seen.sum(axis=1, keepdims=True)
    ours = (ours - (ours * seen).sum(axis=1, keepdims=True) / count) * seen
    theirs = (theirs - (theirs * seen).sum(axis=1, keepdims=True) / count) * seen
    count = count[:, 0]
    texture = np.sqrt(np.maximum((ours**2).sum(axis=1), (theirs**2).sum(axis=1)) / count)
    rest = np.sqrt(((ours - theirs) ** 2).sum(axis=1) / count)
    differs: npt.NDArray[np.bool_] = rest > np.maximum(NOISE, SHARE * texture)
    return differs


NOISE: Final = 7.0
"""Levels of 255."""
SHARE: Final = 0.6


def _tiled(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    rows = values.shape[0] // _TILE
    return values.reshape(rows, _TILE, rows, _TILE).swapaxes(1, 2).reshape(rows * rows, _TILE * _TILE)


def _correlation(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0
