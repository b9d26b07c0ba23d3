"""A timeline as the console draws it: a line per hop, each a few bars on one axis. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.timeline import Hop, Timeline

WIDTH: Final = 1000
"""Units of the axis."""
LEAST: Final = 4
"""Of a bar that can be seen."""
_TICKS: Final = 4
_SAYS: Final = {
    "ingest": "reads the request and its pictures",
    "decide": "evaluates the policy",
    "publish": "writes the decision",
    "sign": "signs the picture",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """`x`, `width`: in units of the axis. `kind`: "waited" before the hop; "queued", "worked" or "failed" in it."""

    x: int
    width: int
    kind: str


@dataclass(frozen=True, slots=True)
class Line:
    """A hop. Times as a person reads them. `waits`: what it waited for, in words."""

    name: str
    says: str
    start: str
    took: str
    waits: Sequence[str]
    bars: Sequence[Bar]
    critical: bool
    status: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All of them. `ticks`: where the axis is labelled, and how."""

    whole: str
    lines: Sequence[Line]
    ticks: Sequence[tuple[int, str]]


def chart(timeline: Timeline) -> Chart:
    """The timeline, drawn."""
    whole = max(1, timeline.whole_ms)
    ticks = [(WIDTH * at // _TICKS, spoken(timeline.whole_ms * at // _TICKS)) for at in range(_TICKS + 1)]
    lines = [_line(hop, timeline.begin_ms, whole) for hop in timeline.hops]
    return Chart(spoken(timeline.whole_ms), lines, ticks if timeline.hops else ())


def spoken(ms: int) -> str:
    """ "85 ms", "12.4 s"."""
    return f"{ms} ms" if ms < 10_000 else f"{ms / 1000:.1f} s"


def _line(hop: Hop, begin_ms: int, whole: int) -> Line:
    offset = hop.started_ms - begin_ms
    waits: list[str] = []
    if hop.waited_ms:
        waits.append(
            f"{spoken(hop.waited_ms)} in {hop.waited_in}" if hop.waited_in else f"{spoken(hop.waited_ms)} before"
        )
    if hop.queued_ms:
        waits.append(f"{spoken(hop.queued_ms)} in its queue")
    parts = (
        (offset - hop.waited_ms, hop.waited_ms, "waited"),
        (offset, hop.queued_ms, "queued"),
        (offset + hop.queued_ms, hop.duration_ms - hop.queued_ms, "failed" if hop.status else "worked"),
    )
    bars = [
        _bar(start, length, whole, kind) for start, length, kind in parts if length or kind in ("worked", "failed")
    ]
    says = "a check" if hop.check else _SAYS.get(hop.name, "")
    return Line(hop.name, says, spoken(offset), spoken(hop.duration_ms), waits, bars, hop.critical, hop.status)


def _bar(start: int, length: int, whole: int, kind: str) -> Bar:
    """Within the axis, whatever clocks say, and at least as wide as one sees."""
    x = min(max(0, start) * WIDTH // whole, WIDTH - LEAST)
    end = min(max(0, start + length) * WIDTH // whole, WIDTH)
    return Bar(x, max(LEAST, end - x), kind)
