"""Tables for people, one line for programs."""

import json

import pytest

from benchmarks.images.report import Outcome, put_figures, show


def test_the_table_and_its_remarks_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show(Outcome("Costs", ("what", "CPU ms"), [["reading", "12.5"]], {}, ("on two cores",)))
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("Costs", "what", "CPU ms", "reading", "12.5", "on two cores"))


def test_the_figures_of_all_parts_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    put_figures([Outcome("", (), [], {"a": 1.23456}), Outcome("", (), [], {"b": 2})])
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {"a": 1.2346, "b": 2}


def test_a_name_belongs_to_one_part() -> None:
    with pytest.raises(ValueError, match="two parts have"):
        put_figures([Outcome("", (), [], {"a": 1}), Outcome("", (), [], {"a": 2})])
