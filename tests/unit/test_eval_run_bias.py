"""`sluice eval bias` from file to report."""

import json
from pathlib import Path

import pytest

from evaluation.files import FileError
from evaluation.run_bias import read_classes, run_bias

ROWS = "prompt,kind,attribute,resample,value\nx,individuals,gender,0,male\nx,individuals,gender,1,female\n"


def test_a_file_becomes_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.csv"
    path.write_text(ROWS)
    assert run_bias([path], {}, False, tmp_path / "out") == 0
    assert "| gender    | individuals   |" in capsys.readouterr().out
    form = json.loads((tmp_path / "out" / "report.json").read_text())
    assert form["bias"][0]["heterogeneous"] == 1.0


def test_bad_rows_are_told_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.csv"
    path.write_text(ROWS + "x,crowds,gender,2,male\n")
    assert run_bias([path], {}, True, None) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["unreadable"] == [
        {"where": "x.csv:4", "why": "kind is neither individuals nor groups"}
    ]
    assert "x.csv:4: kind" in captured.err


def test_no_rows_is_wrong_usage(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("prompt,kind\n")
    assert run_bias([path], {}, False, None) == 2


def test_classes() -> None:
    assert read_classes(["Gender=Male, female", "skin=1,2,3,4"]) == {
        "gender": ("male", "female"),
        "skin": ("1", "2", "3", "4"),
    }
    for word in ("gender", "gender=", "gender=male", "=a,b"):
        with pytest.raises(FileError, match="two values"):
            read_classes([word])
