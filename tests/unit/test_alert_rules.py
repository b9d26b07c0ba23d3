"""Every alert is of one form, stands on metrics that there are, and has a runbook, a test of promtool's, and a cause
that fires it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from sluice.host.faults import FAULTS
from tests.alerts import RULES, alerts, hurried, rule_files, rules
from tests.promtool import promtool

ROOT = RULES.parents[1]
PAGE = (ROOT / "docs" / "operations.md").read_text()
METRIC = re.compile(r"\bsluice_[a-z0-9_]+")
LIBRARY = frozenset({"up", "process_cpu_seconds_total"})
"""Metrics that are not ours: of Prometheus itself, and of its client."""
ORDER = ("alert", "expr", "for", "labels", "annotations")
FILES = [path.name.removesuffix(".rules.yaml") for path in rule_files()]

each_alert = pytest.mark.parametrize("name", sorted(alerts()))
each_file = pytest.mark.parametrize("name", FILES)


def metrics_in_the_page() -> set[str]:
    """The names that the table of metrics tells, with the parts of histograms."""
    found: set[str] = set()
    for name, kind, cells in re.findall(r"^\| `(sluice_\w+)` \| (\w+) \|(.*)$", PAGE, re.MULTILINE):
        found |= {name, *METRIC.findall(cells)}
        if kind == "histogram":
            found |= {f"{name}_{part}" for part in ("bucket", "count", "sum")}
    return found


def causes() -> dict[str, str]:
    """Alert -> what brings it about, as the page has it."""
    return dict(re.findall(r"^\| `(Sluice\w+)` \| (.+) \|$", PAGE, re.MULTILINE))


def runbooks() -> dict[str, str]:
    """Alert -> its section."""
    return dict(re.findall(r"^### (Sluice\w+)\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL))


def test_there_are_rules_and_each_name_is_used_once() -> None:
    names = [rule["alert"] for path in rule_files() for rule in rules(path) if "alert" in rule]
    assert len(names) == len(set(names)) > 30


@each_alert
def test_an_alert_has_the_form_of_all(name: str) -> None:
    rule = alerts()[name]
    assert re.fullmatch(r"Sluice[A-Z]\w+", name)
    assert list(rule) == [key for key in ORDER if key in rule]
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in ("warning", "critical")
    said = rule["annotations"]
    assert list(said) == ["summary", "description", "runbook_url"]
    assert said["runbook_url"] == f"docs/operations.md#{name.lower()}"
    assert not said["summary"].endswith(".")
    assert said["description"].endswith(".")


@each_alert
def test_an_alert_has_a_runbook(name: str) -> None:
    section = runbooks()[name]
    assert section.strip().splitlines()[0]
    assert "- See" in section
    assert "- Do: " in section or "- See and do: " in section


def test_every_runbook_is_of_an_alert_and_every_cause_too() -> None:
    assert runbooks().keys() == alerts().keys()
    assert causes().keys() == alerts().keys()


@each_alert
def test_an_alert_has_a_cause_that_the_story_of_alerts_brings_about(name: str) -> None:
    flags = re.findall(r"SLUICE_FAULTS=([a-z-]+)", causes()[name])
    assert set(flags) <= FAULTS.keys()
    story = (ROOT / "tests" / "integration" / "test_alerts_fire.py").read_text()
    assert f'"{name}"' in story
    for flag in flags:
        assert flag in story


def test_every_flag_fires_some_alert_and_is_in_the_page() -> None:
    said = " ".join(causes().values())
    for flag in FAULTS:
        assert f"SLUICE_FAULTS={flag}" in said
        assert re.search(rf"^\| `{flag}(=\d+ms)?` \|", PAGE, re.MULTILINE)


def test_every_metric_that_a_rule_asks_for_is_there() -> None:
    known = metrics_in_the_page() | LIBRARY
    recorded = {rule["record"] for path in rule_files() for rule in rules(path) if "record" in rule}
    for path in rule_files():
        for rule in rules(path):
            if rule["expr"].startswith("vector("):
                continue
            words = set(re.findall(r"[a-zA-Z_:][\w:]*", re.sub(r'"[^"]*"', "", rule["expr"])))
            named = {word for word in words if word.startswith(("sluice", "process_")) or word == "up"}
            assert named, rule
            assert named - {"sluice"} <= known | recorded, rule


def test_every_metric_that_the_page_tells_of_is_in_the_code() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "services").rglob("*.py") if "_pb2" not in path.name)
    asked = {word for path in rule_files() for rule in rules(path) for word in METRIC.findall(rule["expr"])}
    for name in asked:
        short = re.sub(r"_(total|bucket|count)$", "", name).removeprefix("sluice_")
        made = re.sub(
            r"^(policy|shadow_policy|name_lists|signing_chain|grpc_certificate|peers)_", "{self._name}_", short
        )
        assert any(f'{word}"' in code for word in (short, made)), name


@each_file
def test_promtool_has_no_objection(name: str) -> None:
    status, said = promtool(["check", "rules", "--lint-fatal", RULES / f"{name}.rules.yaml"])
    assert status == 0, said


@each_file
def test_each_rule_does_what_its_tests_say(name: str) -> None:
    status, said = promtool(["test", "rules", RULES / "tests" / f"{name}.test.yaml"])
    assert status == 0, said


def asked_of(path: Path) -> Mapping[str, list[Mapping[str, Any]]]:
    """Alert -> what promtool is asked of it."""
    form = yaml.safe_load(path.read_text())
    found: dict[str, list[Mapping[str, Any]]] = {}
    for test in form["tests"]:
        for asked in test.get("promql_expr_test", ()):
            for alert in re.findall(r'ALERTS{alertname="(\w+)"', asked["expr"]):
                found.setdefault(alert, []).append(asked)
    return found


@each_file
def test_each_alert_is_tested_to_fire_to_resolve_and_to_stay_quiet(name: str) -> None:
    path = RULES / "tests" / f"{name}.test.yaml"
    assert yaml.safe_load(path.read_text())["rule_files"] == [f"../{name}.rules.yaml"]
    tested = asked_of(path)
    own = {rule["alert"] for rule in rules(RULES / f"{name}.rules.yaml") if "alert" in rule}
    assert tested.keys() == own
    for alert, asked in tested.items():
        fires = [bool(one["exp_samples"]) for one in asked]
        first = fires.index(True)
        assert not any(fires[:first]), alert
        assert fires[:first], alert
        # Resolved, and another story in which it never fires.
        assert fires[first + 1] is False, alert
        assert fires.count(False) > 2, alert


def test_a_hurried_file_differs_in_spans_of_time_alone() -> None:
    text = "\n".join(
        [
            "groups:",
            "  - name: a",
            "    rules:",
            "      - alert: A",
            "        expr: increase(x:rate5m[15m]) > 900 or y offset 1h > 5",
            "        for: 1h",
        ]
    )
    (rule,) = yaml.safe_load(hurried(text))["groups"][0]["rules"]
    assert rule == {"alert": "A", "expr": "increase(x:rate5m[15s]) > 900 or y offset 60s > 5", "for": "12s"}
    assert yaml.safe_load(hurried(text.replace("for: 1h", "for: 2m")))["groups"][0]["rules"][0]["for"] == "1s"
