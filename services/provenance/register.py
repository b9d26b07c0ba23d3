"""Registration: how one picture must be moved, stretched and turned to lie on another, from a guess that is near.

Gauss-Newton on six numbers of an affine map and two of brightness, from coarse to fine (Baker and Matthews,
"Lucas-Kanade 20 years on", IJCV 56, 2004). What does not fit counts little, so that a caption or other details do not
pull the rest out of place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Affine = npt.NDArray[np.float64]
"""Shape (2, 3): from shares of width and height of one picture to those of the other."""

_Values = npt.NDArray[np.float64]
_LEVELS: Final = ((64, 16), (128, 10), (256, 6))
"""Pixels a side, and steps."""
_LEAST_SEEN: Final = 0.05
_LEAST_SPREAD: Final = 2.0
"""Levels: residuals below this are rounding and compression."""
_FARTHEST: Final = 8.0
_MARGIN: Final = 3
"""Pixels of the finest level."""
_BLUR: Final = (0.25, 0.5, 0.25)


@dataclass(frozen=True, slots=True)
class Laid:
    """Our picture, the other one laid over it with its brightness fitted, and where both are seen; 256 a side."""

    ours: _Values
    theirs: _Values
    seen: npt.NDArray[np.bool_]


def lay(asked: npt.NDArray[np.uint8], ours: npt.NDArray[np.uint8], starts: Sequence[Affine]) -> Laid | None:
    """The best of the guesses, refined. Greys of one size, a power of two from 256. None where they do not meet."""
    side, steps = _LEVELS[0]
    found = [_refined(small(asked, side), small(ours, side), start, steps) for start in starts]
    moves = [move for move in found if move is not None]
    if not moves:
        return None
    fits = [_fit(small(asked, side), small(ours, side), move) for move in moves]
    best: Affine | None = moves[int(np.argmax(fits))]
    for side, steps in _LEVELS[1:]:
        best = None if best is None else _refined(small(asked, side), small(ours, side), best, steps)
    if best is None:
        return None
    side = _LEVELS[-1][0]
    our, their = _smoothed(small(ours, side)), _smoothed(small(asked, side))
    over, seen = _moved(their, best)
    seen &= _inner(side, best)
    if not seen.any():
        return None
    gain, bias = _robust_brightness(our[seen], over[seen])
    return Laid(our, np.where(seen, (over - bias) / gain, 0.0), seen)


def _inner(side: int, move: Affine) -> npt.NDArray[np.bool_]:
    """Away from the edges of both: what lies beside a picture's edge bleeds into it when it is resized or turned."""
    x, y = _grid(side)
    across, down = _places(move, side)
    both = (x * side, y * side, across, down)
    inner: npt.NDArray[np.bool_] = np.all([(one >= _MARGIN) & (one <= side - _MARGIN) for one in both], axis=0)
    return inner


def small(grey: npt.NDArray[np.uint8], side: int) -> _Values:
    """A copy of `side` x `side` pixels: means of squares."""
    factor = grey.shape[0] // side
    means: _Values = grey.reshape(side, factor, side, factor).mean(axis=(1, 3))
    return means


def _refined(asked: _Values, ours: _Values, move: Affine, steps: int) -> Affine | None:
    """None where the pictures do not meet, or the map runs away."""
    side = ours.shape[0]
    asked, ours = _smoothed(asked), _smoothed(ours)
    slopes: list[_Values] = [np.gradient(asked, axis=axis) for axis in (1, 0)]
    x, y = _grid(side)
    gain, bias = 1.0, 0.0
    move = move.copy()
    for step in range(steps):
        places = _places(move, side)
        over, seen = _sampled(asked, places)
        if seen.mean() < _LEAST_SEEN:
            return None
        if not step:
            gain, bias = _robust_brightness(ours[seen], over[seen])
        dx, dy = (_sampled(slope, places)[0][seen] * side for slope in slopes)
        at_x, at_y, values = x[seen], y[seen], ours[seen]
        rest = over[seen] - gain * values - bias
        weights = _weights(rest)
        columns = np.stack([dx * at_x, dx * at_y, dx, dy * at_x, dy * at_y, dy, -values, -np.ones_like(values)])
        weighted = columns * weights
        normal = weighted @ columns.T
        normal[np.diag_indices(8)] *= 1.001
        normal[np.diag_indices(8)] += 1e-6
        change = -np.linalg.solve(normal, weighted @ rest)
        move += change[:6].reshape(2, 3)
        gain, bias = gain + float(change[6]), bias + float(change[7])
        if not np.isfinite(move).all() or np.abs(move).max() > _FARTHEST:
            return None
        if np.abs(change[:6]).max() < 0.02 / side:
            break
    return move


def _fit(asked: _Values, ours: _Values, move: Affine) -> float:
    """Correlation, less where little is seen."""
    over, seen = _moved(asked, move)
    if seen.mean() < _LEAST_SEEN:
        return -1.0
    a, b = ours[seen] - ours[seen].mean(), over[seen] - over[seen].mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size else -1.0


def _moved(asked: _Values, move: Affine) -> tuple[_Values, npt.NDArray[np.bool_]]:
    return _sampled(asked, _places(move, asked.shape[0]))


def _grid(side: int) -> tuple[_Values, _Values]:
    """Middles of pixels, as shares."""
    middles = (np.arange(side) + 0.5) / side
    return np.broadcast_to(middles, (side, side)), np.broadcast_to(middles[:, None], (side, side))


def _places(move: Affine, side: int) -> tuple[_Values, _Values]:
    """Where each pixel of ours lies in the other one, in its pixels."""
    x, y = _grid(side)
    return (move[0, 0] * x + move[0, 1] * y + move[0, 2]) * side - 0.5, (
        move[1, 0] * x + move[1, 1] * y + move[1, 2]
    ) * side - 0.5


def _sampled(values: _Values, places: tuple[_Values, _Values]) -> tuple[_Values, npt.NDArray[np.bool_]]:
    """Between the pixels, and whether they are there at all."""
    x, y = places
    last = values.shape[0] - 1
    seen = (x >= 0) & (x <= last) & (y >= 0) & (y <= last)
    x, y = np.clip(x, 0, last - 1e-6), np.clip(y, 0, last - 1e-6)
    left, top = x.astype(np.intp), y.astype(np.intp)
    across, down = x - left, y - top
    upper = values[top, left] * (1 - across) + values[top, left + 1] * across
    lower = values[top + 1, left] * (1 - across) + values[top + 1, left + 1] * across
    return upper * (1 - down) + lower * down, seen


def _brightness(ours: _Values, theirs: _Values) -> tuple[float, float]:
    """Gain and bias with which ours looks like theirs; a gain of a quarter at least."""
    spread = float(ours.var())
    gain = float(((ours - ours.mean()) * (theirs - theirs.mean())).mean()) / spread if spread > 0 else 1.0
    gain = max(gain, 0.25)
    return gain, float(theirs.mean()) - gain * float(ours.mean())


def _robust_brightness(ours: _Values, theirs: _Values) -> tuple[float, float]:
    """The same, by what fits best: where a page is seen instead of the picture, it does not count."""
    gain, bias = _brightness(ours, theirs)
    for _ in range(8):
        weights = _weights(theirs - gain * ours - bias)
        whole = weights.sum()
        our, their = float((weights * ours).sum() / whole), float((weights * theirs).sum() / whole)
        spread = float((weights * (ours - our) ** 2).sum())
        if spread <= 0:
            break
        gain = max(0.25, float((weights * (ours - our) * (theirs - their)).sum()) / spread)
        bias = their - gain * our
    return gain, bias


def _weights(rest: _Values) -> _Values:
    """Of residuals: 1 for none, a quarter at twice the usual, and soon next to nothing (Geman and McClure)."""
    spread = max(_LEAST_SPREAD, 1.4826 * float(np.median(np.abs(rest))))
    weights: _Values = 1.0 / (1.0 + (rest / (2 * spread)) ** 2) ** 2
    return weights


def _smoothed(values: _Values) -> _Values:
    """Blurred by a pixel, the edges repeated."""
    padded = np.pad(values, 1, mode="edge")
    low, middle, high = _BLUR
    rows = low * padded[:-2] + middle * padded[1:-1] + high * padded[2:]
    return low * rows[:, :-2] + middle * rows[:, 1:-1] + high * rows[:, 2:]
