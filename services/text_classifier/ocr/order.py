"""Lines in the order in which a person reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from text_classifier.ocr.rectangle import Rectangle

SAME_ROW = 0.5
"""Two pieces stand in one row where their middles are less than this share of the lower one's height apart."""
COMPACT = 1.5
"""An area less than this much longer than high, a word of one letter perhaps, does not show its direction."""
DIRECTION = pi / 8
"""Lines that lean by less than this against each other are read together."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was read. `area.angle` is the direction in which it reads."""

    area: Rectangle
    text: str
    confidence: float


def in_order(lines: Sequence[Line]) -> list[list[Line]]:
    """Rows from top to bottom, each from left to right, as seen by somebody who holds the picture so that they are
    upright. Lines in other directions come after, each direction by itself, the one with most text first."""
    groups: list[list[Line]] = []
    # What shows its direction first, the most text first; the rest joins what is there.
    for line in sorted(lines, key=lambda line: (compact(line), -len(line.text))):
        near = (group for group in groups if compact(line) or aligned(group[0], line))
        group = next(near, None)
        if group is None:
            groups.append([line])
        else:
            group.append(line)
    groups.sort(key=lambda group: -sum(len(line.text) for line in group))
    return [row for group in groups for row in _rows(group)]


def _rows(group: Sequence[Line]) -> list[list[Line]]:
    angle = group[0].area.angle
    placed = sorted(((*upright(line.area, angle), line) for line in group), key=lambda place: place[1])
    rows: list[list[tuple[float, float, Line]]] = []
    for place in placed:
        if rows and abs(place[1] - rows[-1][0][1]) < SAME_ROW * min(place[2].area.height, rows[-1][0][2].area.height):
            rows[-1].append(place)
        else:
            rows.append([place])
    return [[line for _, _, line in sorted(row, key=lambda place: place[0])] for row in rows]


def compact(line: Line) -> bool:
    """Whether it is about as high as long, and so does not show its direction."""
    return line.area.width < COMPACT * line.area.height


def aligned(one: Line, other: Line) -> bool:
    """Whether both run in the same direction, or nearly."""
    return apart(one.area.angle, other.area.angle) < DIRECTION


def upright(area: Rectangle, angle: float) -> tuple[float, float]:
    """The middle of an area, in a picture turned so that `angle` points to the right."""
    return area.x * cos(angle) + area.y * sin(angle), area.y * cos(angle) - area.x * sin(angle)


def apart(one: float, other: float) -> float:
    """The angle between two directions, 0 to pi."""
    return abs((one - other + pi) % (2 * pi) - pi)
