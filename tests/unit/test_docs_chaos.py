"""docs/chaos.md tells every fault and every field of the last line, as they are."""

import json
import re
from pathlib import Path

import pytest

from tests.chaos.__main__ import read
from tests.chaos.checker import LEAST_KEPT, judge
from tests.chaos.faults import MIXTURE, FaultKind, plan
from tests.chaos.history import History
from tests.chaos.objections import Kind
from tests.chaos.report import Figures, last_line
from tests.unit.chaos_history import policy

PAGE = Path(__file__).parents[2] / "docs" / "chaos.md"


@pytest.fixture(scope="module")
def told() -> str:
    return PAGE.read_text()


def first_cells(told: str) -> set[str]:
    """The first cell of every row of every table."""
    return set(re.findall(r"^\| ([^|]+?) \|", told, re.MULTILINE))


def test_every_fault_is_told_with_its_number(told: str) -> None:
    counts = dict.fromkeys(FaultKind, 0)
    for seed in range(20):
        for fault in plan(seed, 110, 12):
            counts[fault.kind] += 1
    for kind in (*MIXTURE, FaultKind.OUTAGE):
        [number] = re.findall(rf"^\| {kind} \| (\d+) \|", told, re.MULTILINE)
        assert abs(counts[kind] / 20 - int(number)) <= 1, kind


def test_every_field_of_the_last_line_is_told_and_no_other(told: str) -> None:
    figures = Figures(1, 3, 1.0, 0, 0.0, 0, (), ())
    fields = set(json.loads(last_line(judge(History(policy(), {})), figures, ())))
    rows = {name for cell in first_cells(told) for name in re.findall(r"`(\w+)`", cell)}
    assert fields - rows <= {"objections", "problems"}
    assert rows <= fields
    assert {"`objections`", "`problems`"} <= set(re.findall(r"`\w+`", told))


def test_what_must_be_none_is_what_the_checker_objects_to(told: str) -> None:
    table = told.split("| field | there is |")[1].split("| field | is |", maxsplit=1)[0]
    rows = {name for cell in first_cells(table) for name in re.findall(r"`(\w+)`", cell)}
    assert rows == set(Kind)


def test_the_figures_are_those_of_the_code(told: str) -> None:
    usual = read([])
    assert f"publishes {usual.requests:,} requests" in told
    assert f"Of {usual.faults} faults" in told
    assert f"at least {LEAST_KEPT}" in told
