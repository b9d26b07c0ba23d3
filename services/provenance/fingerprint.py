"""Fingerprints of a picture: PDQ of the whole, of its mirror image, and of windows that its content sets.

Everything is hashed at one size. PDQ of a picture at its own size is up to 80 bits away from that of its copy of 256
pixels; brought to 512 x 512 first, the two are 14 bits apart at most. A crop of 2 % a side moves the hash of the
whole by 44 bits: for those, and for frames and screenshots, there are the windows (`anchors.py`). What is stored
takes `len(VARIANTS)` hashes; a query has many more, so that what it costs is paid by who asks.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from provenance.anchors import LONG_SIDE, Anchor, anchors
from sluice.hashing import PDQ_MIN_QUALITY, Rgb, pdq

VARIANTS: Final = ("original", "mirror", "window 1", "window 2", "window 3", "window 4", "window 5")
"""What each hash of a record is of. A picture may have fewer windows."""

SIDE: Final = 512
"""Of the canonical picture, pixels."""

_WINDOW_SIDE: Final = 128
_WINDOWS: Final = len(VARIANTS) - 2
_STORED_LEAST: Final = 0.18
_QUERY_LEAST: Final = 0.12
"""Sides of the smallest windows, as shares of the long side. A screenshot shows the picture smaller than it was."""
_MOST: Final = 0.7
_INNER: Final = 0.1
"""Of the long side: windows that keep so far from the picture's edges outlive a crop of that much..."""
_GAIN: Final = 4.0
"""...and are preferred to others, unless those stand out so many times more."""
_QUERY_ANCHORS: Final = 60
_TURNED_ANCHORS: Final = 30
ANGLES: Final = (0.0, -2.5, 2.5, -5.0, 5.0)
"""Degrees by which a query is turned: windows still match when they are turned by a little more than one."""


class Frame(NamedTuple):
    """Where a window lies: its middle and the middles of its right and its lower edge, in shares of the width and the
    height. A mirrored window has its right edge on the left."""

    x: float
    y: float
    right_x: float
    right_y: float
    down_x: float
    down_y: float


WHOLE: Final = Frame(0.5, 0.5, 1.0, 0.5, 0.5, 1.0)
MIRROR: Final = Frame(0.5, 0.5, 0.0, 0.5, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Window:
    """A fingerprint and where it was taken."""

    pdq: bytes
    frame: Frame


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """`quality`: of the whole picture's hash, 0..100. `windows`: none below 50, where a hash says too little; else in
    the order of `VARIANTS`."""

    quality: int
    windows: tuple[Window, ...]

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """32 bytes each: what a record keeps."""
        return tuple(window.pdq for window in self.windows)


def fingerprints(rgb: Rgb) -> Fingerprints:
    """What is stored of a picture of ours. About 80 ms of CPU. Raises ValueError unless (height, width, 3), uint8."""
    seen = _Seen(rgb)
    if seen.quality < PDQ_MIN_QUALITY:
        return Fingerprints(seen.quality, ())
    return Fingerprints(seen.quality, (*seen.whole(), *seen.stored()))


def queries(rgb: Rgb, angles: Sequence[float] = ANGLES) -> Fingerprints:
    """What is asked for of a stranger's picture: the whole and its mirror image, then windows of it and of their
    mirror images, of the picture turned by each of `angles` (degrees): some hundreds. About half a second of CPU.

    A picture that is flat as a whole may hold one of ours within a wide frame: its windows are asked for in any case.
    """
    seen = _Seen(rgb)
    whole = seen.whole() if seen.quality >= PDQ_MIN_QUALITY else ()
    return Fingerprints(seen.quality, (*whole, *(window for angle in angles for window in seen.turned(angle))))


def pixels_digest(rgb: Rgb) -> bytes:
    """SHA-256 over width and height, four bytes each, the highest first, and the pixels, row by row."""
    height, width, _ = rgb.shape
    digest = hashlib.sha256(width.to_bytes(4, "big") + height.to_bytes(4, "big"))
    digest.update(np.ascontiguousarray(rgb).data)
    return digest.digest()


def canonical(rgb: Rgb) -> Rgb:
    """The picture at 512 x 512, whatever its shape."""
    return _resized(Image.fromarray(rgb), SIDE, SIDE)


def luma(rgb: Rgb) -> Rgb:
    """Of the canonical picture: shape (512, 512), uint8."""
    return np.asarray(Image.fromarray(canonical(rgb)).convert("L"))


class _Seen:
    """A picture and the copies of it that are hashed."""

    def __init__(self, rgb: Rgb) -> None:
        self._picture = Image.fromarray(rgb)
        self._canonical = _resized(self._picture, SIDE, SIDE)
        self._hash, self.quality = pdq(self._canonical)

    @cached_property
    def _copy(self) -> Image.Image:
        """In grey, of the picture's own shape."""
        grey = self._picture.convert("L")
        factor = SIDE / max(grey.size)
        size = max(1, round(grey.width * factor)), max(1, round(grey.height * factor))
        return grey.resize(size, Image.Resampling.BILINEAR) if factor < 1 else grey

    def whole(self) -> tuple[Window, Window]:
        """The picture and its mirror image."""
        return Window(self._hash, WHOLE), Window(pdq(self._canonical[:, ::-1])[0], MIRROR)

    def stored(self) -> tuple[Window, ...]:
        """The few windows that are worth keeping: apart from each other, and away from the picture's edges."""
        copy, kept = self._copy, list[tuple[Anchor, Window]]()
        found = _anchors(copy, _STORED_LEAST)
        margin = _INNER * max(copy.size)
        for anchor in sorted(found, key=lambda one: -one.strength * (_GAIN if _room(one, copy) >= margin else 1)):
            if not any(_alike(anchor, other) for other, _ in kept):
                kept += [(anchor, window) for window in _cut(copy, anchor, 0.0)[:1]]
            if len(kept) == _WINDOWS:
                break
        return tuple(window for _, window in kept)

    def turned(self, angle: float) -> tuple[Window, ...]:
        """The windows of the picture turned by so many degrees, and their mirror images."""
        copy = self._copy
        if angle:
            copy = copy.rotate(angle, Image.Resampling.BILINEAR)
        found = _anchors(copy, _QUERY_LEAST)[: _TURNED_ANCHORS if angle else _QUERY_ANCHORS]
        return tuple(window for anchor in found for window in _cut(copy, anchor, angle))


def _anchors(copy: Image.Image, least: float) -> list[Anchor]:
    """In pixels of `copy`."""
    factor = min(1.0, LONG_SIDE / max(copy.size))
    size = max(1, round(copy.width * factor)), max(1, round(copy.height * factor))
    grey = np.asarray(copy.resize(size, Image.Resampling.BILINEAR), np.float64)
    across = copy.width / size[0]
    down = copy.height / size[1]
    return [
        Anchor(one.strength, one.x * across, one.y * down, one.half * max(copy.size) / max(size))
        for one in anchors(grey, least, _MOST)
    ]


def _room(anchor: Anchor, copy: Image.Image) -> float:
    """Pixels between the window and the nearest edge."""
    return min(anchor.x, anchor.y, copy.width - anchor.x, copy.height - anchor.y) - anchor.half


def _alike(one: Anchor, other: Anchor) -> bool:
    """Whether two windows show nearly the same, so that one of them is enough."""
    near = abs(one.x - other.x) + abs(one.y - other.y) < 0.25 * (one.half + other.half)
    return near and max(one.half / other.half, other.half / one.half) < 1.3


def _cut(copy: Image.Image, anchor: Anchor, angle: float) -> list[Window]:
    """The window and its mirror image; none where there is too little to see. `angle`: that `copy` was turned by."""
    x, y, half = anchor.x, anchor.y, anchor.half
    box = max(0.0, x - half), max(0.0, y - half), min(copy.width, x + half), min(copy.height, y + half)
    pixels = _resized(copy, _WINDOW_SIDE, _WINDOW_SIDE, box)[..., None].repeat(3, 2)
    found, quality = pdq(pixels)
    if quality < PDQ_MIN_QUALITY:
        return []
    (mx, my), (dx, dy) = _back(x, y, copy, angle), _back(x, y + half, copy, angle)
    (rx, ry), (lx, ly) = _back(x + half, y, copy, angle), _back(x - half, y, copy, angle)
    mirrored = pdq(pixels[:, ::-1])[0]
    return [Window(found, Frame(mx, my, rx, ry, dx, dy)), Window(mirrored, Frame(mx, my, lx, ly, dx, dy))]


def _back(x: float, y: float, copy: Image.Image, angle: float) -> tuple[float, float]:
    """Where a point of the turned copy was before, in shares. Pillow turns counter-clockwise around the middle."""
    turn = np.deg2rad(angle)
    across, down = x - copy.width / 2, y - copy.height / 2
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    return 0.5 + (across * cos - down * sin) / copy.width, 0.5 + (across * sin + down * cos) / copy.height


def _resized(
    picture: Image.Image, width: int, height: int, box: tuple[float, float, float, float] | None = None
) -> Rgb:
    """Shape (height, width, 3), or (height, width) of a grey one."""
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR, box=box))
