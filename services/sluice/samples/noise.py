"""Smooth noise made of integers, so that it does not depend on a random generator's version."""

import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.float64]
"""Shape (height, width), values in 0..1."""


def lattice(seed: int, height: int, width: int) -> Field:
    """One value in 0..1 per cell: a 32-bit avalanche (the finaliser of MurmurHash3) of seed and place."""
    ys, xs = np.mgrid[:height, :width].astype(np.uint32)
    h = ys * np.uint32(0x9E3779B1) ^ xs * np.uint32(0x85EBCA77) ^ np.uint32(seed * 0xC2B2AE3D & 0xFFFFFFFF)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    cells: Field = h.astype(np.float64) / 0xFFFFFFFF
    return cells


def smooth(seed: int, height: int, width: int, cell: int) -> Field:
    """Value noise: a lattice with one point every `cell` pixels, blended in between."""
    grid = lattice(seed, height // cell + 2, width // cell + 2)
    y, x = np.arange(height) / cell, np.arange(width) / cell
    top, left = y.astype(int), x.astype(int)
    fy, fx = _ease(y - top)[:, None], _ease(x - left)[None, :]
    upper = grid[np.ix_(top, left)] * (1 - fx) + grid[np.ix_(top, left + 1)] * fx
    lower = grid[np.ix_(top + 1, left)] * (1 - fx) + grid[np.ix_(top + 1, left + 1)] * fx
    field: Field = upper * (1 - fy) + lower * fy
    return field


def clouds(seed: int, height: int, width: int, cell: int, octaves: int = 3) -> Field:
    """Value noise of several sizes: each octave half as large and half as strong as the one before."""
    total = np.zeros((height, width))
    weight = 0.0
    for octave in range(octaves):
        share = 0.5**octave
        total += share * smooth(seed * 31 + octave, height, width, max(2, cell >> octave))
        weight += share
    return total / weight


def _ease(t: Field) -> Field:
    eased: Field = t * t * (3 - 2 * t)
    return eased
