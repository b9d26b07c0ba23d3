"""Pictures by the thousand, of many sizes and kinds, for comparing two ways to hash them."""

from collections.abc import Iterator

import numpy as np

from sluice.hashing import Rgb

SIZES = (
    *((1, 1), (1, 500), (500, 1), (4, 4), (4, 300), (300, 4), (5, 5), (5, 3000), (3000, 5), (16, 16), (17, 15)),
    *((63, 63), (64, 64), (64, 65), (65, 64), (64, 640), (127, 127), (128, 128), (129, 129), (128, 1000)),
    *((255, 257), (256, 256), (384, 385), (512, 512), (513, 511), (640, 480), (33, 2049), (1025, 31), (1024, 1024)),
)
"""Height and width of the first pictures: a side of 64 or 128 more is where the filter's window grows."""

_COLOURS = 6


def pictures(count: int, seed: int = 1, longest: int = 900) -> Iterator[Rgb]:
    """Every size of `SIZES`, then sizes up to `longest` pixels a side, the small ones as often as the large."""
    for number in range(count):
        source = np.random.default_rng([seed, number])
        if number < len(SIZES):
            height, width = SIZES[number]
        else:
            height, width = np.exp(source.uniform(0.0, np.log(longest + 1), 2)).astype(int)
        yield _KINDS[number % len(_KINDS)](source, int(height), int(width))


def noise(source: np.random.Generator, height: int, width: int) -> Rgb:
    """Every value by itself."""
    return source.integers(0, 256, (height, width, 3), np.uint8)


def one_colour(source: np.random.Generator, height: int, width: int) -> Rgb:
    """Nothing to see: all that is left of it after the transform is rounding."""
    return np.tile(source.integers(0, 256, 3, np.uint8), (height, width, 1))


def slope(source: np.random.Generator, height: int, width: int) -> Rgb:
    """Each colour rises or falls evenly."""
    y, x = np.mgrid[:height, :width]
    down, across = source.uniform(-1.0, 1.0, (2, 3))
    levels = 128 + 127 * (down * (y / height)[..., None] + across * (x / width)[..., None])
    out: Rgb = levels.clip(0, 255).astype(np.uint8)
    return out


def waves(source: np.random.Generator, height: int, width: int) -> Rgb:
    """Waves of all lengths and directions."""
    y, x = np.mgrid[:height, :width]
    down, across, start = source.normal(0.0, 0.3, (3, 3))
    levels = np.sin(down * y[..., None] + across * x[..., None] + start)
    out: Rgb = (128 + 127 * levels).astype(np.uint8)
    return out


def patches(source: np.random.Generator, height: int, width: int) -> Rgb:
    """A few boxes of one colour each, over each other: flat areas and hard edges."""
    out = one_colour(source, height, width)
    for _ in range(_COLOURS):
        top, left = int(source.integers(height)), int(source.integers(width))
        out[top : top + 1 + height // 2, left : left + 1 + width // 3] = source.integers(0, 256, 3, np.uint8)
    return out


def ink(source: np.random.Generator, height: int, width: int) -> Rgb:
    """Black and white dots: the largest differences that there are."""
    return (source.integers(0, 2, (height, width, 1), np.uint8) * 255).repeat(3, 2)


_KINDS = (noise, one_colour, slope, waves, patches, ink, noise)
