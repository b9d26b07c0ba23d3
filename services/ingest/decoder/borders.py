"""A picture without the plain border that somebody put around it.

PDQ does not survive a border: not one of 31 pictures still matches with one of 5 % a side (docs/known-content.md).
Who adds one hides a listed picture, and taking it off again is all that it takes to find it.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from sluice.hashing import Rgb

NEAR = 24
"""Levels of 255 that a border's pixels may differ from its colour: what JPEG does to a plain edge. Of 16, 24, 32 and
48 the one that finds most of 31 pictures again, in six borders and two qualities: 361 of 372."""
SHARE = 0.98
"""Of a line's pixels, that must be near: ringing beside the picture's corners is let pass."""
MOST = 1 / 3
"""Of a side, that may be border at either end."""

_PIXELS = 512
"""Of a line, that are looked at, evenly spread. More tell no more."""
_LINES = 64
"""At most looked at together. It begins with one: an ordinary picture has no border, and costs little."""


def without_border(rgb: Rgb) -> Rgb | None:
    """The part within the border, or None where there is none.

    First lines of one colour at the top and the bottom, then at the left and the right: a frame, bars above and
    below, bars beside. Each edge may have a colour of its own. Shape (height, width, 3) of uint8, as the answer,
    which is a view of it.
    """
    inner = _without_lines(rgb)
    inner = _without_lines(inner.transpose(1, 0, 2)).transpose(1, 0, 2)
    return None if inner.shape == rgb.shape else inner


def _without_lines(rgb: Rgb) -> Rgb:
    return rgb[_plain(rgb) : len(rgb) - _plain(rgb[::-1])]


def _plain(rgb: Rgb) -> int:
    """How many of the first lines are of the colour of the very first one."""
    some = rgb[:, :: max(1, rgb.shape[1] // _PIXELS)]
    lines, colour = some[: int(len(rgb) * MOST)], np.median(some[0], axis=0)
    found = 0
    for near in _near(lines, colour):
        if not near.all():
            return found + int(np.argmin(near))
        found += len(near)
    return found


def _near(lines: Rgb, colour: npt.NDArray[np.float64]) -> Iterator[npt.NDArray[np.bool_]]:
    low, high = np.clip(colour - NEAR, 0, 255).astype(np.uint8), np.clip(colour + NEAR, 0, 255).astype(np.uint8)
    start, count = 0, 1
    while start < len(lines):
        some = lines[start : start + count]
        start, count = start + count, min(_LINES, 2 * count)
        yield ((some >= low) & (some <= high)).all(axis=2).mean(axis=1) >= SHARE
