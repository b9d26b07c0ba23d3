"""Lines that belong together: a caption, a speech bubble, a badge in the background, each for itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sin

from text_classifier.ocr.order import Line, aligned, compact, in_order, upright

GAP = 1.0
"""Between two lines of a block, in heights of the lower line: along the line, and across."""
TALLER = 2.0
"""Lines of a block differ in height by less than this factor."""

Rows = Sequence[Sequence[Line]]


@dataclass(frozen=True, slots=True)
class _Place:
    """A line's middle and half its sides in a picture held so that the block's lines are upright."""

    x: float
    y: float
    half_width: float
    half_height: float


def blocks(rows: Rows) -> list[Rows]:
    """The rows of each block in reading order, blocks in the order of their first lines."""
    left = [line for row in rows for line in row]
    found: list[Rows] = []
    while left:
        reached, todo = list[Line](), [left.pop(0)]
        while todo:
            one = todo.pop()
            reached.append(one)
            near = [_together(one, other) for other in left]
            todo += [other for other, close in zip(left, near, strict=True) if close]
            left = [other for other, close in zip(left, near, strict=True) if not close]
        found.append(in_order(reached))
    return found


def _together(one: Line, other: Line) -> bool:
    if not (aligned(one, other) or compact(one) or compact(other)):
        return False
    angle = (other if compact(one) else one).area.angle
    a, b = _place(one, angle), _place(other, angle)
    low, high = sorted((a.half_height, b.half_height))
    along = abs(a.x - b.x) - a.half_width - b.half_width
    across = abs(a.y - b.y) - a.half_height - b.half_height
    return high < TALLER * low and max(along, across) <= GAP * 2 * low


def _place(line: Line, angle: float) -> _Place:
    """A compact line may have been read in any direction: its sides then lie as its neighbour's do."""
    lies = compact(line) and abs(sin(line.area.angle - angle)) > sin(pi / 4)
    width, height = (line.area.height, line.area.width) if lies else (line.area.width, line.area.height)
    return _Place(*upright(line.area, angle), width / 2, height / 2)
