"""The breaker of a policy file, and the rules that none softens."""

from pathlib import Path

import pytest

from sluice.policy.load import load
from sluice.policy.model import BreakerPolicy
from tests.unit.test_policy_load import DEFAULT, FLOOR, problems, write


def test_a_file_without_one_has_none(tmp_path: Path) -> None:
    assert load(write(tmp_path)).breaker is None


def test_what_is_not_said_is_usual(tmp_path: Path) -> None:
    assert load(write(tmp_path, more="breaker: {}\n")).breaker == BreakerPolicy(10.0, 50, 60_000, 3_600_000, 300_000)


def test_all_of_it(tmp_path: Path) -> None:
    said = "breaker: {times: 2.5, least: 5, window: 30s, usual: 2h, hold: 10m}\n"
    assert load(write(tmp_path, more=said)).breaker == BreakerPolicy(2.5, 5, 30_000, 7_200_000, 600_000)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("{times: 1.4}", "breaker.times: should be 1.5 or more"),
        ("{times: many}", "breaker.times: should be a number"),
        ("{least: 4}", "breaker.least: should be 5 or more"),
        ("{least: 5.5}", "breaker.least: should be a whole number"),
        ("{least: -7}", "breaker.least: should be a whole number"),
        ("{window: 500ms}", "breaker.window: should be a duration"),
        ("{window: 2h}", "breaker.window: should be a duration"),
        ("{usual: 4m}", "breaker.usual: usual should be 5 windows or more"),
        ("{window: 15m}", "breaker: usual should be 5 windows or more"),
        ("{usual: 25h}", "breaker.usual: should be a duration"),
        ("{hold: soon}", "breaker.hold: should be a duration"),
        ("{opens: 5}", "unknown key 'opens'"),
        ("5", "should be a mapping"),
    ],
)
def test_mistakes(tmp_path: Path, said: str, named: str) -> None:
    text = problems(write(tmp_path, more=f"breaker: {said}\n"))
    assert named in text
    assert "policy.yaml:7: " in text


def rule(more: str, action: str = "BLOCK", when: str = "true") -> str:
    return f"{FLOOR}\n  - {{id: a, action: {action}, {more}when: '{when}'}}"


@pytest.mark.parametrize(
    ("more", "when", "stays"),
    [
        ("", "true", False),
        ("child_safety: false, ", "true", False),
        ("child_safety: true, ", "true", True),
        ("terminal: true, ", "true", True),
        ("report: true, ", "true", True),
        ("", 'score("sexual/minors") >= threshold("sexual/minors")', True),
        ("", 'score("sexual/minors") > threshold("sexual/minors")', True),
        ("", 'score("sexual") > threshold("sexual")', False),
    ],
)
def test_rules_of_child_safety(tmp_path: Path, more: str, when: str, stays: bool) -> None:
    assert load(write(tmp_path, rule(more, when=when))).rules[-1].child_safety is stays


def test_the_rules_that_every_policy_needs_are_of_child_safety() -> None:
    found = {one.id for one in load(DEFAULT).rules if one.child_safety}
    assert found >= {"known-csam", "csam-score", "sexual-minors", "sexual-child", "no-child-edits"}


@pytest.mark.parametrize(
    ("more", "when"),
    [
        ("terminal: true", "true"),
        ("report: true", "true"),
        ("cites: []", 'score("sexual/minors") >= threshold("sexual/minors")'),
    ],
)
def test_no_file_says_otherwise(tmp_path: Path, more: str, when: str) -> None:
    (problem,) = problems(write(tmp_path, rule(f"child_safety: false, {more}, ", when=when))).splitlines()
    assert problem.startswith(f"{tmp_path / 'policy.yaml'}:10: rules[2].child_safety: child safety: ")


@pytest.mark.parametrize("more", ["child_safety: true", "terminal: true", "report: true"])
@pytest.mark.parametrize("action", ["REVIEW", "ALLOW"])
def test_child_safety_is_a_block(tmp_path: Path, more: str, action: str) -> None:
    (problem,) = problems(write(tmp_path, rule(f"{more}, ", action))).splitlines()
    assert problem.startswith(f"{tmp_path / 'policy.yaml'}:10: rules[2].action: child safety: ")
    assert problem.endswith("must be BLOCK")
