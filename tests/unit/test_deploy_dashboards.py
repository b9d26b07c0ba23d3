"""Dashboards are what their code says, ask for what there is, and fit where they stand."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.__main__ import FOLDER, write
from deploy.grafana.boards import ALL
from deploy.grafana.dashboard import Dashboard
from deploy.grafana.panels import WIDTH, Unit
from tests.panels import plain
from tests.promtool import promtool

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "deploy/prometheus").glob("*.rules.yaml"))
HISTOGRAM = ("_bucket", "_count", "_sum")

each_board = pytest.mark.parametrize("board", ALL, ids=lambda board: board.name)


def panels(board: Dashboard) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = board.json()["panels"]
    return found


def queries(board: Dashboard) -> Iterator[tuple[str, str]]:
    for panel in panels(board):
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def names(expr: str) -> set[str]:
    return set(re.findall(r"\b(?:sluice|process)[_:][a-z0-9_:]+", expr))


def recorded() -> set[str]:
    files = [yaml.safe_load(path.read_text()) for path in RULES]
    return {
        rule["record"] for file in files for group in file["groups"] for rule in group["rules"] if "record" in rule
    }


def documented() -> set[str]:
    """Every metric that the documentation names."""
    return {name for path in (ROOT / "docs").glob("*.md") for name in names(path.read_text())}


def test_the_committed_files_are_what_the_code_makes(tmp_path: Path) -> None:
    """Where this fails: python -m deploy.grafana."""
    made = {path.name: path.read_text() for path in write(tmp_path)}
    assert {path.name: path.read_text() for path in FOLDER.glob("*.json")} == made


def test_a_dashboard_that_is_no_more_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("{}")
    assert set(write(tmp_path)) == set(tmp_path.glob("*.json"))


def test_names_are_unique() -> None:
    boards = [json.loads(path.read_text()) for path in FOLDER.glob("*.json")]
    assert len({board["uid"] for board in boards}) == len(boards) == len(ALL)
    assert len({board["title"] for board in boards}) == len(boards)
    for board in boards:
        assert re.fullmatch(r"[a-z-]{1,40}", board["uid"])


@each_board
def test_panels_are_numbered_and_do_not_overlap(board: Dashboard) -> None:
    made = panels(board)
    assert [panel["id"] for panel in made] == list(range(1, len(made) + 1))
    places = [panel["gridPos"] for panel in made]
    for place in places:
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= WIDTH
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or apart


@each_board
def test_every_panel_says_what_it_shows_and_in_which_unit(board: Dashboard) -> None:
    for panel in panels(board):
        if panel["type"] == "row":
            continue
        assert panel["description"].endswith("."), panel["title"]
        if panel["type"] == "text":
            continue
        assert panel["fieldConfig"]["defaults"]["unit"] in set(Unit), panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert [target["refId"] for target in panel["targets"]] == list("ABCDEFGHIJ"[: len(panel["targets"])])
        assert panel["targets"], panel["title"]


@each_board
def test_every_variable_that_is_used_is_there(board: Dashboard) -> None:
    form = board.json()
    there = {variable["name"] for variable in form["templating"]["list"]}
    used = set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(form)))
    assert used <= there
    assert {"datasource", "request_id", "jaeger"} <= used


@each_board
def test_every_variable_that_is_there_is_used(board: Dashboard) -> None:
    asked = " ".join(expr for _, expr in queries(board))
    for choice in board.choices:
        assert f"${choice.label}" in asked


@each_board
def test_every_dashboard_leads_to_the_trace_of_a_request(board: Dashboard) -> None:
    (text,) = (panel["options"]["content"] for panel in panels(board) if panel["type"] == "text")
    assert "sluice trace ${request_id}" in text
    assert "${jaeger}/search?" in text


def test_promtool_reads_every_query(tmp_path: Path) -> None:
    rules = [
        {"record": f"board:{board.name.replace('-', '_')}:q{number}", "expr": plain(expr, "1m")}
        for board in ALL
        for number, (_, expr) in enumerate(queries(board))
    ]
    (tmp_path / "queries.yaml").write_text(yaml.safe_dump({"groups": [{"name": "boards", "rules": rules}]}))
    status, words = promtool(["check", "rules", tmp_path / "queries.yaml"])
    assert status == 0, words
    assert f"SUCCESS: {len(rules)} rules found" in words


def test_promtool_would_say_what_is_wrong(tmp_path: Path) -> None:
    rules = [{"record": "board:wrong", "expr": "sum by (rate(sluice_ready[5m])"}]
    (tmp_path / "queries.yaml").write_text(yaml.safe_dump({"groups": [{"name": "boards", "rules": rules}]}))
    status, _ = promtool(["check", "rules", tmp_path / "queries.yaml"])
    assert status != 0


@each_board
def test_every_metric_is_documented_or_recorded(board: Dashboard) -> None:
    known = documented() | recorded()
    for title, expr in queries(board):
        asked = names(expr)
        assert asked, title
        for name in asked - known:
            base = next((name.removesuffix(ending) for ending in HISTOGRAM if name.endswith(ending)), name)
            assert base in known, f"{title}: {name}"


def test_the_files_tell_nothing_of_where_they_were_made() -> None:
    for path in FOLDER.glob("*.json"):
        assert not re.search(r"/(?:home|root|work|tmp)/", path.read_text())
