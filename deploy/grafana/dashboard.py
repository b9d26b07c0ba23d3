"""A dashboard: rows of panels, the variables that it is asked with, and the links to its neighbours and to traces."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from deploy.grafana.panels import DATASOURCE, Kind, Panel, Row, laid_out

SCHEMA_VERSION: Final = 39
"""Of Grafana's dashboard JSON: Grafana 10.4 and later read it, and move it to their own."""
TAG: Final = "sluice"
JAEGER: Final = "http://127.0.0.1:16686"
"""Where a browser finds Jaeger beside `deploy/compose.telemetry.yaml`; a field on every dashboard."""

# A request's spans carry its id, also where the generator named the trace: so the search is by attribute.
_SEARCH: Final = (
    "${jaeger}/search?service=orchestrator&lookback=2d&limit=20"
    "&tags=%7B%22sluice.request_id%22%3A%22${request_id}%22%7D"
)
_TRACE_TEXT: Final = f"""Paste a request id into the field **request_id** above, then

- `sluice trace ${{request_id}}` in a terminal, or
- [its trace in Jaeger]({_SEARCH}), of the last two days.
"""
TRACE: Final = Row(
    "One request",
    (
        Panel(
            "Where its time went",
            "From numbers to one request.",
            kind=Kind.TEXT,
            text=_TRACE_TEXT,
            width=24,
            height=5,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable that chooses among the values of a label, all of them at first. `of`: a metric that has it."""

    label: str
    of: str

    def json(self) -> dict[str, Any]:
        """As Grafana has it."""
        query = f"label_values({self.of}, {self.label})"
        return {
            "name": self.label,
            "label": self.label,
            "type": "query",
            "datasource": DATASOURCE,
            "query": {"query": query, "refId": "StandardVariableQuery", "qryType": 1},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]},
            "options": [],
            "hide": 0,
        }


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`name`: of its file, and of its address in Grafana, after `sluice-`."""

    name: str
    title: str
    about: str
    rows: tuple[Row, ...]
    choices: tuple[Choice, ...] = ()

    @property
    def uid(self) -> str:
        """By which links and bookmarks find it, whatever its title."""
        return f"sluice-{self.name}"

    def text(self) -> str:
        """Its file."""
        return json.dumps(self.json(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    def json(self) -> dict[str, Any]:
        """As Grafana has it."""
        return {
            "uid": self.uid,
            "title": f"Sluice: {self.title}",
            "description": self.about,
            "tags": [TAG],
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "refresh": "10s",
            "time": {"from": "now-1h", "to": "now"},
            "timepicker": {},
            "timezone": "utc",
            "fiscalYearStartMonth": 0,
            "annotations": {"list": []},
            "links": [_NEIGHBOURS],
            "templating": {"list": [_SOURCE, *(choice.json() for choice in self.choices), *_FIELDS]},
            "panels": laid_out((*self.rows, TRACE)),
        }


def _field(name: str, label: str, value: str) -> Mapping[str, Any]:
    return {
        "name": name,
        "label": label,
        "type": "textbox",
        "query": value,
        "current": {"text": value, "value": value},
        "options": [{"selected": True, "text": value, "value": value}],
        "hide": 0,
    }


_SOURCE: Final[Mapping[str, Any]] = {
    "name": "datasource",
    "label": "Prometheus",
    "type": "datasource",
    "query": "prometheus",
    "refresh": 1,
    "multi": False,
    "includeAll": False,
    "current": {},
    "options": [],
    "regex": "",
    "hide": 0,
}
_FIELDS: Final = (_field("request_id", "request id", ""), _field("jaeger", "Jaeger", JAEGER))
_NEIGHBOURS: Final[Mapping[str, Any]] = {
    "type": "dashboards",
    "title": "Sluice",
    "tags": [TAG],
    "asDropdown": False,
    "includeVars": False,
    "keepTime": True,
    "targetBlank": False,
    "icon": "external link",
    "tooltip": "",
    "url": "",
}
