"""What stands on a dashboard, in our words, and its form in Grafana's JSON.

A panel asks Prometheus in PromQL. `$__rate_interval` is Grafana's: at least four scrapes, so that a rate has points.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
WIDTH: Final = 24
"""Columns of a dashboard."""

_LETTERS: Final = "ABCDEFGHIJ"


class Unit(StrEnum):
    """Grafana's ids of units that our panels are in."""

    BYTES = "bytes"
    CORES = "cores"
    COUNT = "short"
    NONE = "none"
    PER_SECOND = "ops"
    RATIO = "percentunit"
    SECONDS = "s"
    MONEY = "currencyUSD"


class Kind(StrEnum):
    """Grafana's names of the panels that we use."""

    SERIES = "timeseries"
    STAT = "stat"
    TABLE = "table"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL, and how its series are called (`{{label}}`)."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a value turns yellow and red: upwards from these, or, `falling`, downwards."""

    warn: float
    bad: float
    falling: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One rectangle. `about` says what it shows and what to make of it; `text` is Markdown, of a TEXT panel alone.
    `width` of WIDTH columns; `height` in Grafana's rows of 30 pixels. `stacked`: areas upon each other.
    """

    title: str
    about: str
    queries: tuple[Query, ...] = ()
    kind: Kind = Kind.SERIES
    unit: Unit = Unit.COUNT
    width: int = 8
    height: int = 8
    limits: Limits | None = None
    stacked: bool = False
    text: str = ""

    def json(self, number: int, x: int, y: int) -> dict[str, Any]:
        """As Grafana has it. `number`: unique on its dashboard; `x`, `y`: of its upper left corner."""
        form: dict[str, Any] = {
            "id": number,
            "type": self.kind.value,
            "title": self.title,
            "description": self.about,
            "gridPos": {"h": self.height, "w": self.width, "x": x, "y": y},
        }
        if self.kind is Kind.TEXT:
            return {**form, "options": {"mode": "markdown", "content": self.text}}
        return {
            **form,
            "datasource": DATASOURCE,
            "fieldConfig": {"defaults": self._defaults(), "overrides": []},
            "options": _OPTIONS[self.kind],
            "targets": [self._target(number, query) for number, query in enumerate(self.queries)],
        }

    def _defaults(self) -> dict[str, Any]:
        defaults: dict[str, Any] = {"unit": self.unit.value, "thresholds": _thresholds(self.limits)}
        if self.kind is Kind.SERIES:
            defaults["min"] = 0
            defaults["custom"] = {
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": 30 if self.stacked else 10,
                "showPoints": "auto",
                "spanNulls": False,
                "stacking": {"mode": "normal" if self.stacked else "none", "group": "A"},
                "thresholdsStyle": {"mode": "off" if self.limits is None else "line"},
            }
        else:
            defaults["color"] = {"mode": "thresholds"}
        return defaults

    def _target(self, number: int, query: Query) -> dict[str, Any]:
        table = self.kind is Kind.TABLE
        return {
            "refId": _LETTERS[number],
            "datasource": DATASOURCE,
            "expr": query.expr,
            "legendFormat": query.legend,
            "format": "table" if table else "time_series",
            "instant": table,
            "range": not table,
        }


@dataclass(frozen=True, slots=True)
class Row:
    """A heading, and the panels below it, from left to right."""

    title: str
    panels: tuple[Panel, ...]


def laid_out(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """All panels with their places and numbers: each row begins at the left, and what does not fit goes below."""
    made: list[dict[str, Any]] = []
    y = 0
    for row in rows:
        heading = {"h": 1, "w": WIDTH, "x": 0, "y": y}
        made.append(
            {
                "id": len(made) + 1,
                "type": "row",
                "title": row.title,
                "gridPos": heading,
                "collapsed": False,
                "panels": [],
            }
        )
        y += 1
        x = highest = 0
        for panel in row.panels:
            if x + panel.width > WIDTH:
                y, x, highest = y + highest, 0, 0
            made.append(panel.json(len(made) + 1, x, y))
            x, highest = x + panel.width, max(highest, panel.height)
        y += highest
    return made


def _thresholds(limits: Limits | None) -> dict[str, Any]:
    if limits is None:
        steps: list[Mapping[str, Any]] = [{"color": "green", "value": None}]
    elif limits.falling:
        steps = [
            {"color": "red", "value": None},
            {"color": "orange", "value": limits.bad},
            {"color": "green", "value": limits.warn},
        ]
    else:
        steps = [
            {"color": "green", "value": None},
            {"color": "orange", "value": limits.warn},
            {"color": "red", "value": limits.bad},
        ]
    return {"mode": "absolute", "steps": steps}


_OPTIONS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    Kind.SERIES: {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    Kind.STAT: {
        "colorMode": "background",
        "graphMode": "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "auto",
        "wideLayout": True,
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    },
    Kind.TABLE: {"cellHeight": "sm", "showHeader": True},
}
