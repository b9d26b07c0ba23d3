"""Files that are odd rather than wrong: what YAML, or a terminal, would make something else of."""

from pathlib import Path

import pytest

from sluice.policy.load import load
from sluice.policy.parse import MOST_BYTES
from tests.unit.test_policy_load import DEFAULT, FLOOR, problems, write

TEXT = DEFAULT.read_text()


def added(folder: Path, more: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(f"{TEXT}\n{more}\n")
    return path


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ("tenants: {a: &a {thresholds: {default: {csam: 0.4}}}, <<: *a}", "merging with <<"),
        ("tenants: {? [a, b] : {thresholds: {default: {csam: 0.4}}}}", "is no key"),
        ("tenants: {? {a: b} : {thresholds: {default: {csam: 0.4}}}}", "is no key"),
        ('own_checks: {"a b": [csam]}', "no name of a check"),
        ('own_checks: {"": [csam]}', "no name of a check"),
        ("tenants: {acme: {thresholds: {default: {csam: ٠.٤}}}}", "from 0 to 1"),
        ("tenants: {acme: {thresholds: {default: {csam: 0_1}}}}", "from 0 to 1"),
        ("tenants: {acme: {thresholds: {default: {csam: nan}}}}", "from 0 to 1"),
    ],
)
def test_what_yaml_would_take_otherwise_is_refused(tmp_path: Path, more: str, named: str) -> None:
    path = added(tmp_path, more)
    (problem,) = problems(path).splitlines()
    assert named in problem
    assert problem.startswith(f"{path}:{len(TEXT.splitlines()) + 2}: ")


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("incomplete", "built-in"),
        ("prompt-not-allowed", "built-in"),
        ("ѕexual", "A-Z"),
        ('"a b"', "A-Z"),
        (r'"a\e[2J"', "A-Z"),
        ("x" * 129, "128"),
    ],
)
def test_a_rule_that_could_be_taken_for_another_is_refused(tmp_path: Path, name: str, named: str) -> None:
    text = problems(write(tmp_path, f"{FLOOR}\n  - {{id: {name}, action: REVIEW, when: 'true'}}"))
    assert named in text
    assert "\x1b" not in text


def test_what_goes_on_a_decision_is_printable(tmp_path: Path) -> None:
    rule = r"""{id: a, action: ALLOW, when: 'true', label: "a\e[2J", labels: ["b\nc"], cites: ["\a"]}"""
    found = problems(write(tmp_path, f"{FLOOR}\n  - {rule}")).splitlines()
    assert len(found) == 3
    assert all("should be printable" in line for line in found)


def test_problems_show_what_a_terminal_would_act_on(tmp_path: Path) -> None:
    text = problems(write(tmp_path, more='"\\e]0;x\\a\\nkey": 1\n'))
    assert r"\x1b]0;x\x07\n" in text
    assert len(text.splitlines()) == 1


def test_a_rule_without_an_id_has_its_other_mistakes_named_too(tmp_path: Path) -> None:
    text = problems(write(tmp_path, f"{FLOOR}\n  - {{action: NO, when: 'nope', label: [a]}}"))
    for named in ("id missing", "'NO' should be", "unknown variable 'nope'", "label: should be a word"):
        assert named in text


def test_a_word_that_is_none_is_told_once(tmp_path: Path) -> None:
    text = problems(write(tmp_path, f"{FLOOR}\n  - {{id: a, action: BLOCK, when: [true]}}"))
    assert text.splitlines() == [f"{tmp_path / 'policy.yaml'}:10: rules[2].when: should be a word"]


def test_a_threshold_that_is_none_makes_no_other_lax(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(TEXT.replace("    sexual: 0.5\n", "    sexual: half\n", 1))
    (problem,) = problems(path).splitlines()
    assert "thresholds.default.sexual: should be a number from 0 to 1" in problem


def test_rules_that_are_gone_are_named_beside_stages_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("version: x\nstages: []\nrules: []\nthresholds: {default: {}}\n")
    assert problems(path).count("child safety: a rule with when") == 5


def test_a_check_is_named_once(tmp_path: Path) -> None:
    stage = "{deadline: 2s, max_deadline: 60s, on_incomplete: BLOCK, checks: {PROMPT: [text, text]}}"
    assert "check 'text' is here twice" in problems(write(tmp_path, stage=stage))


def test_bytes_that_are_no_text_have_a_line(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(b"version: 1\n# \xff\n")
    assert problems(path) == f"{path}:2: not UTF-8"


def test_a_file_that_is_no_policy_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    with path.open("wb") as stream:
        stream.truncate(50 * MOST_BYTES)
    assert problems(path) == f"{path}:1: larger than {MOST_BYTES} bytes"


@pytest.mark.parametrize("change", [("\n", "\r\n"), ("version", "\ufeffversion")])
def test_other_line_ends_and_a_mark_of_byte_order_are_fine(tmp_path: Path, change: tuple[str, str]) -> None:
    path = write(tmp_path)
    path.write_bytes(path.read_text().replace(*change, -1 if change[0] == "\n" else 1).encode())
    assert load(path).version == "v1"
