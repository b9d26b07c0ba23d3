"""Places in a picture that are found again after it was cropped, framed or resized: blobs of light and dark.

A blob is an extremum of the difference of two blurs, over place and width of the blur (Lindeberg, "Feature detection
with automatic scale selection", IJCV 30, 1998; the refinement by a parabola and the test for edges are those of Lowe,
"Distinctive image features from scale-invariant keypoints", IJCV 60, 2004). Its place and width move with the
picture, so a window that is set by them shows the same however the picture's edges lie.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

LONG_SIDE: Final = 192
"""Pixels of the copy in which blobs are looked for."""

Grey = npt.NDArray[np.float64]
"""Shape (height, width), 0..255."""

_STEP: Final = 2 ** (1 / 4)
_WIDTHS: Final = tuple(2.5 * _STEP**at for at in range(14))
"""Standard deviations of the blurs, pixels."""
_LEAST: Final = 0.6
"""Levels of 255 that a blob must stand out by: less is what JPEG makes of a plain area."""
_EDGE: Final = 10.0
"""Ratio of curvatures from which a blob is a part of an edge, and can slide along it (Lowe's figure)."""
_WINDOW: Final = 4.0
"""Half a window's side, in widths of its blob: 3 finds fewer again, 5 has fewer windows within the picture."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A square window around a blob. Pixels of the copy; `x`, `y`: its centre, a pixel's own centre being at 0.5;
    `half`: half its side; `strength`: levels that the blob stands out by."""

    strength: float
    x: float
    y: float
    half: float


def anchors(grey: Grey, least: float, most: float) -> list[Anchor]:
    """Windows that lie within the picture, the strongest first.

    `grey`: long side of about `LONG_SIDE` pixels. `least`, `most`: sides of the windows, as shares of the long side.
    """
    height, width = grey.shape
    low, high = least * max(grey.shape) / 2, most * max(grey.shape) / 2
    stack = np.stack([_blur(height, s) @ grey @ _blur(width, s).T for s in _WIDTHS])
    differences = stack[1:] - stack[:-1]
    found = []
    for scale, y, x in _extrema(differences):
        place = _refined(differences[scale - 1 : scale + 2, y - 1 : y + 2, x - 1 : x + 2])
        if place is None:
            continue
        half = _WINDOW * _WIDTHS[scale] * _STEP ** (place[0] + 0.5)
        at_x, at_y = x + 0.5 + place[2], y + 0.5 + place[1]
        inside = min(at_x, at_y, width - at_x, height - at_y) >= half - _SLACK
        if low <= half <= high and inside:
            found.append(Anchor(abs(float(differences[scale, y, x])), at_x, at_y, half))
    return sorted(found, key=lambda anchor: -anchor.strength)


_SLACK: Final = 0.4
"""Pixels that a window may stand out of the picture."""


def _extrema(values: npt.NDArray[np.float64]) -> list[tuple[int, int, int]]:
    """Scale, row and column of what none of its 26 neighbours is above, or below, edges left out."""
    if min(values.shape) < 3:
        return []
    most, least = values, values
    for axis in range(3):
        most, least = _of_three(np.maximum, most, axis), _of_three(np.minimum, least, axis)
    inner = values[1:-1, 1:-1, 1:-1]
    found = ((inner == most) | (inner == least)) & (np.abs(inner) > _LEAST)
    return [(int(s) + 1, int(y) + 1, int(x) + 1) for s, y, x in np.argwhere(found)]


def _of_three(choose: np.ufunc, values: Grey, axis: int) -> Grey:
    """Of every value and its two neighbours along an axis, which gets two shorter."""
    along = np.moveaxis(values, axis, 0)
    return np.moveaxis(choose(choose(along[:-2], along[1:-1]), along[2:]), 0, axis)


def _refined(cube: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    """Where between the points of a 3 x 3 x 3 cube the extremum lies, as steps from its middle: scale, y, x.

    None where it is an edge's, or flat.
    """
    middle = cube[1, 1, 1]
    gradient = np.array([cube[2, 1, 1] - cube[0, 1, 1], cube[1, 2, 1] - cube[1, 0, 1], cube[1, 1, 2] - cube[1, 1, 0]])
    ss = cube[2, 1, 1] + cube[0, 1, 1] - 2 * middle
    yy = cube[1, 2, 1] + cube[1, 0, 1] - 2 * middle
    xx = cube[1, 1, 2] + cube[1, 1, 0] - 2 * middle
    sy = (cube[2, 2, 1] - cube[2, 0, 1] - cube[0, 2, 1] + cube[0, 0, 1]) / 4
    sx = (cube[2, 1, 2] - cube[2, 1, 0] - cube[0, 1, 2] + cube[0, 1, 0]) / 4
    yx = (cube[1, 2, 2] - cube[1, 2, 0] - cube[1, 0, 2] + cube[1, 0, 0]) / 4
    flat = yy * xx - yx * yx
    if flat <= 0 or (yy + xx) ** 2 * _EDGE > flat * (_EDGE + 1) ** 2:
        return None
    curvature = np.array([[ss, sy, sx], [sy, yy, yx], [sx, yx, xx]])
    if abs(float(np.linalg.det(curvature))) < 1e-9:
        return None
    return np.clip(-np.linalg.solve(curvature, gradient / 2), -0.7, 0.7)


@cache
def _blur(size: int, sigma: float) -> npt.NDArray[np.float64]:
    """A Gaussian of that width as a matrix, the picture's edges mirrored."""
    places = np.arange(size)
    out = np.zeros((size, size))
    reach = int(np.ceil(3.5 * sigma))
    for offset in range(-reach, reach + 1):
        at = (places + offset) % (2 * size)
        np.add.at(out, (places, np.where(at < size, at, 2 * size - 1 - at)), np.exp(-((offset / sigma) ** 2) / 2))
    blurred: npt.NDArray[np.float64] = out / out.sum(axis=1, keepdims=True)
    return blurred
