"""`sluice policy`: what it prints and how it exits."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sluice.cli.policy import app
from tests.unit.test_policy_load import DEFAULT

RULES = DEFAULT.read_text().count("- {id: ")


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(DEFAULT.read_text())
    return path


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.output


def test_a_good_policy_is_summed_up_with_its_warnings(policy: Path) -> None:
    status, output = run("check", policy)
    assert status == 0
    warning, summary = output.splitlines()
    assert warning.startswith(f"{policy}:")
    assert warning.endswith("warning: rule 'csam-score' is about 'csam', which nothing provides")
    assert summary.startswith(f"{policy}: good: version ")


def test_without_a_file_it_is_the_policy_in_use(policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_POLICY", str(policy))
    assert f"{policy}: good" in run("check")[1]
    monkeypatch.delenv("SLUICE_POLICY")
    assert f"{DEFAULT}: good" in run("check")[1]


def test_every_mistake_is_told_and_the_status_is_1(policy: Path) -> None:
    policy.write_text(
        policy.read_text()
        .replace('\'score("illicit")', '\'scor("illicit")')
        .replace("extremism: 0.3", "extremism: 3")
    )
    status, output = run("check", policy)
    assert status == 1
    assert [line.startswith(f"{policy}:") for line in output.splitlines()] == [True, True]
    assert "unknown function 'scor'" in output
    assert "thresholds.TEEN.extremism: should be a number from 0 to 1" in output


def test_what_is_required_in_vain_is_a_mistake(policy: Path) -> None:
    policy.write_text(policy.read_text() + "require: [csam]\n")
    status, output = run("check", policy)
    assert status == 1
    assert "'csam' is required, and nothing provides it" in output


def test_check_as_json(policy: Path) -> None:
    form = json.loads(run("check", policy, "--json")[1])
    assert (form["good"], form["rules"], len(form["digest"]), form["problems"]) == (True, RULES, 64, [])
    policy.write_text("version: 1\n")
    status, output = run("check", policy, "--json")
    form = json.loads(output)
    assert (status, form["good"]) == (1, False)
    assert f"{policy}:1: 'rules' is missing" in form["problems"]


def test_the_examples_of_the_default_policy() -> None:
    status, output = run("test")
    assert status == 0
    assert f"0 failed; {RULES} rules, 0 not covered" in output


def test_a_change_that_breaks_an_example_names_it(policy: Path) -> None:
    policy.write_text(policy.read_text().replace("    hate: 0.5", "    hate: 0.95"))
    status, output = run("test", policy, "--tests", DEFAULT.parent / "tests")
    assert status == 1
    lines = (DEFAULT.parent / "tests" / "harms.yaml").read_text().splitlines()
    at = 1 + lines.index("  - name: praise of a hateful symbol")
    assert (
        f"harms.yaml:{at}: praise of a hateful symbol: action is ALLOW, should be BLOCK; hate did not fire" in output
    )


def test_a_rule_without_examples_is_not_covered(policy: Path) -> None:
    rule = "  - {id: mine, action: REVIEW, when: 'tenant == \"studio\"'}"
    policy.write_text(policy.read_text().replace("\nrules:\n", f"\nrules:\n{rule}\n"))
    line = 1 + policy.read_text().splitlines().index(rule)
    status, output = run("test", policy, "--tests", DEFAULT.parent / "tests")
    assert status == 1
    assert f"{policy}:{line}: rule 'mine': no example fires it" in output
    assert f"{policy}:{line}: rule 'mine': no near miss" in output


def test_test_as_json(policy: Path) -> None:
    status, output = run("test", policy, "--tests", DEFAULT.parent / "tests", "--json")
    form = json.loads(output)
    assert (status, form["good"], len(form["rules"])) == (0, True, RULES)
    assert all(not one["differs"] and one["cites"] for one in form["examples"])
    status, output = run("test", policy, "--json")
    assert (status, json.loads(output)["good"]) == (1, False)
    assert "no *.yaml with examples" in output


def test_the_schema_is_the_published_one() -> None:
    assert run("schema") == (0, (DEFAULT.parent / "policy.schema.json").read_text())
