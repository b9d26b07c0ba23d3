"""The table of metrics in docs/operations.md, for tests that hold it against what services tell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

PAGE: Final = Path(__file__).parents[1] / "docs" / "operations.md"
_ROW: Final = re.compile(
    r"^\| `((?:sluice|process)_[a-z_]+)` \| (counter|gauge|histogram) \|([^|]*)\| (.+) \|$", re.MULTILINE
)


@dataclass(frozen=True)
class Row:
    """A metric: its type, and its labels beside `service`."""

    kind: str
    labels: frozenset[str]


def table() -> dict[str, Row]:
    """Every metric that the page names. A row that ends with "alike" names others of the same shape."""
    found: dict[str, Row] = {}
    for name, kind, labels, text in _ROW.findall(PAGE.read_text()):
        row = Row(kind, frozenset(re.findall(r"`([a-z]+)`", labels)))
        alike = re.findall(r"`(sluice_[a-z_]+)`", text) if text.endswith(" alike") else []
        for each in (name, *alike):
            found[each] = row
    return found


def told(page: str) -> Mapping[str, set[Row]]:
    """What a page of /metrics has: by name, the shapes of its samples."""
    found: dict[str, set[Row]] = {}
    for family in text_string_to_metric_families(page):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        for sample in family.samples:
            labels = frozenset(sample.labels) - {"service", "le"}
            assert "service" in sample.labels, name
            found.setdefault(name, set()).add(Row(family.type, labels))
    return found
