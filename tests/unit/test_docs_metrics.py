"""docs/operations.md names every metric of the code, with its type. What running services tell is held against the
table in tests/integration/test_metrics.py."""

import ast
from collections.abc import Iterator
from pathlib import Path

from sluice.telemetry.attributes import LABELS
from sluice.telemetry.metrics import PREFIX, SECONDS, Metrics
from sluice.telemetry.process import ProcessNumbers
from tests.metrics_table import PAGE, Row, table, told

SERVICES = Path(__file__).parents[2] / "services"
KINDS = {"count": "counter", "counter": "counter", "gauge": "gauge", "gauge_of": "gauge", "Gauge": "gauge"}
KINDS |= {"_counter": "counter", "_show": "gauge", "histogram": "histogram", "observe": "histogram"}
FILES = ("policy", "shadow_policy", "name_lists", "signing_chain", "grpc_certificate", "peers")
"""What is watched on disk: each has metrics of the same names."""
MADE = {
    "counter": {"breaker_opened", "gateway_requests", "gateway_refused", *(f"{name}_reloads" for name in FILES)},
    "gauge": {f"{name}_{what}" for name in FILES for what in ("refused", "info")},
}
"""Names that the code puts together or keeps elsewhere."""


def names_in_code() -> Iterator[tuple[str, str]]:
    """(name, kind) of every metric whose name stands where it is made."""
    for path in SERVICES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and len(node.args) > 1 and isinstance(node.args[0], ast.Constant):
                made = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                name = node.args[0].value
                if made in KINDS and isinstance(name, str) and name.isidentifier() and name.islower():
                    yield name, KINDS[made]


def shown(name: str, kind: str) -> str:
    """As Prometheus has it."""
    return f"{PREFIX}{name}_total" if kind == "counter" else f"{PREFIX}{name}"


def test_every_metric_has_a_row_with_its_type_and_every_row_a_metric() -> None:
    made = {shown(name, kind): kind for name, kind in names_in_code()}
    made |= {shown(name, kind): kind for kind, names in MADE.items() for name in names}
    made |= {shown("children_cpu_seconds", "counter"): "counter"}
    rows = {name: row.kind for name, row in table().items() if name.startswith(PREFIX)}
    assert rows == made


def test_what_a_process_says_of_itself_has_its_rows() -> None:
    page = _text(ProcessNumbers("test"))
    rows = {name: {row} for name, row in table().items()}
    ours = {name for name in rows if name.startswith("process_")} | {"sluice_children_cpu_seconds_total"}
    assert told(page) == {name: rows[name] for name in ours}


def test_labels_are_on_the_list() -> None:
    assert {label for row in table().values() for label in row.labels} <= LABELS


def test_the_bounds_of_histograms_are_told() -> None:
    said = ", ".join(f"{bound:g}" for bound in SECONDS[:-1]) + f" and {SECONDS[-1]:g}"
    assert said in " ".join(PAGE.read_text().split())


def test_the_table_is_read_as_it_stands() -> None:
    rows = table()
    assert rows["sluice_consumer_lag"] == Row("gauge", frozenset({"topic", "group"}))
    assert rows["sluice_name_lists_reloads_total"] == Row("counter", frozenset({"outcome"}))


def _text(numbers: ProcessNumbers) -> str:
    metrics = Metrics("test")
    metrics.add(numbers)
    return metrics.text().decode()
