"""Curves as SVG, drawn by hand: nothing to fetch, nothing to run."""

from collections.abc import Sequence
from html import escape
from typing import Final

from evaluation.table import Chart

_WIDTH: Final = 640
_HEIGHT: Final = 380
_LEFT: Final = 56
_TOP: Final = 16
_SIDE: Final = 320
"""Of the square that curves are drawn in."""
COLOURS: Final = (
    "#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#0a7d8c", "#bf3989", "#57606a",
    "#e16f24", "#4d2d00", "#116329",
)  # fmt: skip


def chart_svg(chart: Chart) -> str:
    """One chart, axes from 0 to 1."""
    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(chart.title, quote=True)}">']
    parts += _grid()
    if chart.diagonal:
        parts.append(_path([(0.0, 0.0), (1.0, 1.0)], 'class="diagonal"'))
    for index, line in enumerate(chart.lines):
        colour = COLOURS[index % len(COLOURS)]
        # Colours come round again: from then on lines are dashed.
        dash = ' stroke-dasharray="5 3"' if index >= len(COLOURS) else ""
        parts.append(_path(line.points, f'stroke="{colour}"{dash}'))
        if len(line.points) <= 20:
            parts += [f'<circle cx="{_x(x)}" cy="{_y(y)}" r="3" fill="{colour}"/>' for x, y in line.points]
        at = _TOP + 12 + 17 * index
        parts.append(f'<line x1="392" y1="{at - 4}" x2="412" y2="{at - 4}" stroke="{colour}"{dash}/>')
        parts.append(f'<text x="418" y="{at}">{escape(line.name)}</text>')
    middle = _LEFT + _SIDE / 2
    parts.append(f'<text x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">{escape(chart.across)}</text>')
    turned = f'transform="translate(14 {_TOP + _SIDE / 2}) rotate(-90)"'
    parts.append(f'<text {turned} text-anchor="middle">{escape(chart.up)}</text>')
    return "".join(parts) + "</svg>"


def _grid() -> list[str]:
    parts = []
    for tenth in range(0, 11, 2):
        at = tenth / 10
        parts.append(_path([(at, 0.0), (at, 1.0)], 'class="grid"') + _path([(0.0, at), (1.0, at)], 'class="grid"'))
        parts.append(f'<text x="{_x(at)}" y="{_TOP + _SIDE + 16}" text-anchor="middle">{at:g}</text>')
        parts.append(f'<text x="{_LEFT - 6}" y="{_y(at) + 4:.1f}" text-anchor="end">{at:g}</text>')
    return parts


def _path(points: Sequence[tuple[float, float]], style: str) -> str:
    joined = " L".join(f"{_x(x)} {_y(y)}" for x, y in points)
    return f'<path d="M{joined}" {style} fill="none"/>'


def _x(share: float) -> float:
    return round(_LEFT + _SIDE * share, 1)


def _y(share: float) -> float:
    return round(_TOP + _SIDE * (1 - share), 1)
