"""A condition that would keep the loader, or a decision, busy without end is refused before it runs."""

from pathlib import Path

import pytest

from sluice.policy.condition_cost import MOST_CHARACTERS, steps, too_much
from sluice.policy.load import load
from tests.unit.test_policy_load import DEFAULT, FLOOR, problems, write


def nested(depth: int, of: str = "contents") -> str:
    condition = 'a0.id != "c99"'
    for at in range(depth):
        condition = f"{of}.all(a{at}, {condition})"
    return condition


def of(folder: Path, condition: str) -> str:
    return problems(write(folder, f"{FLOOR}\n  - {{id: a, action: REVIEW, when: '{condition}'}}"))


def test_lists_within_lists_are_refused_from_the_fifth_on(tmp_path: Path) -> None:
    assert not list(too_much(nested(4)))
    assert "lists within lists" in of(tmp_path, nested(5))
    assert "lists within lists" in of(tmp_path, nested(40))


@pytest.mark.parametrize(
    "condition",
    [
        nested(4, "(contents + contents)"),
        nested(4, "contents.map(x, x)"),
        "contents.map(x, contents).exists(l, l.exists(a, l.exists(b, l.exists(c, l.exists(d, true)))))",
        nested(6, "contents . filter(x, x.kind == 'text') "),
    ],
)
def test_no_way_round_by_joining_or_wrapping(condition: str) -> None:
    assert list(too_much(condition))


def test_side_by_side_is_not_within() -> None:
    condition = " || ".join(["uploads.exists(u, u.matches.exists(m, m.test))"] * 20)
    assert steps(condition) < steps(nested(4))
    assert not list(too_much(condition))


def test_brackets_and_words_in_quotes_count_for_nothing() -> None:
    assert steps('tenant == "((contents.all(x, contents.all(") && stage == "PROMPT"') == 1


@pytest.mark.parametrize("condition", ["score(" * 20_000, "!" * 20_000 + "true", " " * 70_000 + "("])
def test_what_is_too_long_is_said_and_never_parsed(tmp_path: Path, condition: str) -> None:
    text = of(tmp_path, condition)
    assert f"at most {MOST_CHARACTERS}" in text
    assert len(text) < 500


def test_deep_but_short_is_answered(tmp_path: Path) -> None:
    assert load(write(tmp_path, f"{FLOOR}\n  - {{id: a, action: REVIEW, when: '{'!' * 5000}true'}}")).rules
    deep = of(tmp_path, "(" * 500 + "true" + ")" * 500)
    assert "not CEL" in deep
    assert len(deep) < 500


def test_every_rule_that_ships_is_far_from_it() -> None:
    assert max(steps(rule.when) for rule in load(DEFAULT).rules) <= 121
