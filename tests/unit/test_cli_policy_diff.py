"""`sluice policy diff`: what it prints, and how it exits."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sluice.cli.policy import app
from tests.unit.test_policy_load import DEFAULT

TESTS = DEFAULT.parent / "tests"


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(DEFAULT.read_text().replace("    hate: 0.5", "    hate: 0.95"))
    return path


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["diff", *(str(word) for word in words)])
    return result.exit_code, result.output


def test_a_file_and_itself() -> None:
    status, output = run(DEFAULT, DEFAULT)
    assert status == 0
    assert "the rules are the same" in output
    assert "0 come out differently" in output


def test_a_change_and_the_example_that_notices(policy: Path) -> None:
    status, output = run(DEFAULT, policy, "--tests", TESTS)
    first, second, *rest = output.splitlines()
    assert status == 1
    assert (first, second) == ("laxer       threshold hate: 0.5 -> 0.95", "1 change: 1 laxer")
    (flip,) = [line for line in rest if ": praise of a hateful symbol:" in line]
    assert flip.startswith(f"{TESTS / 'harms.yaml'}:")
    assert flip.endswith(": praise of a hateful symbol: BLOCK -> ALLOW; fires no more: hate")


def test_examples_may_name_rules_of_either(policy: Path) -> None:
    """Without a rule, its own examples are what shows it."""
    lines = policy.read_text().splitlines(keepends=True)
    policy.write_text("".join(line for line in lines if "{id: extremism," not in line))
    for old, new, effect in ((DEFAULT, policy, "laxer"), (policy, DEFAULT, "stricter")):
        status, output = run(old, new, "--tests", TESTS)
        assert status == 1
        assert f"{effect:<11} rule extremism" in output


def test_without_examples_beside_it_none_are_tried(policy: Path) -> None:
    status, output = run(DEFAULT, policy)
    assert status == 1
    assert "examples" not in output


@pytest.mark.parametrize("words", [("no-such.yaml",), ("--tests", "no-such-folder")])
def test_what_cannot_be_read_is_status_2(policy: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    files = (DEFAULT, tmp_path / words[0]) if len(words) == 1 else (DEFAULT, policy, words[0], tmp_path / words[1])
    assert run(*files)[0] == 2
    broken = tmp_path / "broken.yaml"
    broken.write_text("version: 1\n")
    status, output = run(DEFAULT, broken)
    assert status == 2
    assert f"{broken}:1: 'rules' is missing" in output


def test_as_json(policy: Path) -> None:
    status, output = run(DEFAULT, policy, "--tests", TESTS, "--json")
    form: dict[str, Any] = json.loads(output)
    assert (status, form["same"]) == (1, False)
    assert form["changes"] == [
        {"about": "threshold hate", "key": None, "old": "0.5", "new": "0.95", "effect": "laxer", "where": None}
    ]
    assert {(flip["old_action"], flip["new_action"]) for flip in form["flips"]} >= {("BLOCK", "ALLOW")}
    assert len(form["old"]["digest"]) == 64
    assert json.loads(run(DEFAULT, DEFAULT, "--json")[1])["same"]
