"""Grafana's own types know every field of the dashboards."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.grafana.__main__ import FOLDER
from tests.deploy import grafana_schema
from tests.deploy.programs import grafana_types
from tests.promtool import run

FILES = sorted(FOLDER.glob("*.json"))


def check(*files: Path) -> tuple[int, str]:
    return run(Path(sys.executable), [Path(grafana_schema.__file__), grafana_types(), *files])


def test_grafanas_types_know_every_field() -> None:
    status, words = check(*FILES)
    assert status == 0, words


@pytest.mark.parametrize("where", ["dashboard", "panel", "options", "field", "target", "variable"])
def test_a_field_that_is_none_of_grafanas_would_be_told(tmp_path: Path, where: str) -> None:
    form: dict[str, Any] = json.loads((FOLDER / "overview.json").read_text())
    panel = next(panel for panel in form["panels"] if panel["type"] == "timeseries")
    places = {
        "dashboard": form,
        "panel": panel,
        "options": panel["options"],
        "field": panel["fieldConfig"]["defaults"],
        "target": panel["targets"][0],
        "variable": form["templating"]["list"][0],
    }
    places[where]["colour"] = "red"
    (tmp_path / "wrong.json").write_text(json.dumps(form))
    status, words = check(tmp_path / "wrong.json")
    assert status == 1
    assert ".colour is not known" in words
