"""Rectangles that may be turned, and the smallest one around a set of points."""

from dataclasses import dataclass
from math import atan2, cos, sin
from typing import Any

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[Any]
"""Shape (n, 2): x to the right, y down, in pixels."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """`x`, `y`: its middle. `width` lies along `angle`, in radians, clockwise as one sees it; `height` across."""

    x: float
    y: float
    width: float
    height: float
    angle: float

    def grown(self, distance: float) -> "Rectangle":
        """With every side moved outwards."""
        return Rectangle(self.x, self.y, self.width + 2 * distance, self.height + 2 * distance, self.angle)

    def scaled(self, factor: float) -> "Rectangle":
        """The same place in a picture `factor` times as large."""
        return Rectangle(self.x * factor, self.y * factor, self.width * factor, self.height * factor, self.angle)

    def turned(self, quarters: int) -> "Rectangle":
        """The same area, read in a direction that many right angles further clockwise."""
        sides = (self.width, self.height) if quarters % 2 == 0 else (self.height, self.width)
        return Rectangle(self.x, self.y, *sides, self.angle + quarters * np.pi / 2)

    def holds(self, points: Points) -> npt.NDArray[np.bool_]:
        """Which of the points lie within."""
        along, across = _axes(self.angle)
        apart = points - (self.x, self.y)
        inside: npt.NDArray[np.bool_] = np.abs(apart @ along) <= self.width / 2
        return inside & (np.abs(apart @ across) <= self.height / 2)

    def grid(self, columns: int, rows: int) -> Points:
        """Points spread evenly over it."""
        along, across = _axes(self.angle)
        u = (np.arange(columns) + 0.5) / columns - 0.5
        v = (np.arange(rows) + 0.5) / rows - 0.5
        spread = (u * self.width)[None, :, None] * along + (v * self.height)[:, None, None] * across
        return np.asarray(spread.reshape(-1, 2) + np.array([self.x, self.y]))


def smallest(points: Points) -> Rectangle:
    """The rectangle of the least area that holds the points; `width` is its longer side.

    One of its sides lies along a side of the points' convex hull (Freeman and Shapira, 1975), so those are tried.
    """
    hull = convex_hull(points)
    sides = np.roll(hull, -1, axis=0) - hull
    angles = np.unique(np.mod(np.arctan2(sides[:, 1], sides[:, 0]), np.pi / 2)) if len(hull) > 1 else np.zeros(1)
    along = np.stack([np.cos(angles), np.sin(angles)])
    across = np.stack([-np.sin(angles), np.cos(angles)])
    u, v = hull @ along, hull @ across
    width, height = np.ptp(u, axis=0), np.ptp(v, axis=0)
    best = int(np.argmin(width * height))
    middle = along[:, best] * (u[:, best].max() + u[:, best].min()) / 2
    middle = middle + across[:, best] * (v[:, best].max() + v[:, best].min()) / 2
    found = Rectangle(
        float(middle[0]), float(middle[1]), float(width[best]), float(height[best]), float(angles[best])
    )
    found = found if found.width >= found.height else found.turned(1)
    # The long side points to the right, or straight down: the direction in which most lines are read.
    angle = atan2(sin(found.angle), cos(found.angle))
    return found if -np.pi / 4 <= angle <= 3 * np.pi / 4 else found.turned(2)


def convex_hull(points: Points) -> Points:
    """The corners of the convex hull in turn (Andrew's monotone chain)."""
    ordered = np.unique(points, axis=0).tolist()
    if len(ordered) < 3:
        return np.array(ordered)
    return np.array([*_chain(ordered)[:-1], *_chain(ordered[::-1])[:-1]])


def _chain(ordered: list[list[float]]) -> list[list[float]]:
    chain: list[list[float]] = []
    for x, y in ordered:
        while len(chain) > 1:
            (ax, ay), (bx, by) = chain[-2:]
            if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                break
            chain.pop()
        chain.append([x, y])
    return chain


def _axes(angle: float) -> tuple[Points, Points]:
    return np.array([cos(angle), sin(angle)]), np.array([-sin(angle), cos(angle)])
