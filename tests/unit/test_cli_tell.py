"""What strangers wrote (tenants, names, reasons), on a terminal: it steers nothing and forges no line."""

import json

import pytest

from sluice.cli.policy_explain import put_section
from sluice.cli.tell import one_line, put_json, show_table

HOSTILE = "a\x1b[2J\x9b1m\u202eb\nALLOW \U000e0001é"


def test_json_says_the_same_and_steers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    put_json({"tenant": HOSTILE})
    said = capsys.readouterr().out
    assert json.loads(said) == {"tenant": HOSTILE}
    assert said.rstrip("\n").isprintable()
    assert "é" in said


def test_a_cell_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    show_table([["tenant", "rule"], [HOSTILE, "r"]])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


def test_a_line_cannot_pass_for_a_head(capsys: pytest.CaptureFixture[str]) -> None:
    put_section(f"REVIEW {HOSTILE}", [f"tenant {HOSTILE}."])
    heads = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("  ")]
    assert len(heads) == 1
    assert one_line("a\nb") == "a\\nb"
