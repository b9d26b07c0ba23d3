"""Examples against the orchestrator's own decision: the default policy's pass, and wrong ones say what differs."""

from dataclasses import replace
from importlib.metadata import EntryPoints
from pathlib import Path

import pytest

from orchestrator.decide import decide
from sluice.errors import NotReadyError
from sluice.policy import decider
from sluice.policy.decider import installed_decide
from sluice.policy.examples import Example, read_examples
from sluice.policy.load import load
from sluice.policy.tried import coverage, try_example
from tests.unit.test_policy_load import DEFAULT

POLICY = load(DEFAULT)
EXAMPLES = read_examples(DEFAULT.parent / "tests", POLICY)
NAMED = {example.name: example for example in EXAMPLES}
ALLOWED = NAMED["an adult at the beach"]


def test_the_decision_is_the_orchestrators() -> None:
    assert installed_decide() is decide


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{Path(one.file).stem}:{one.line}")
def test_an_example_of_the_default_policy(example: Example) -> None:
    assert try_example(example, POLICY, decide).differs == []
    assert example.cites


def test_every_rule_of_the_default_policy_is_fired_and_nearly_missed() -> None:
    rows = coverage(POLICY, [try_example(one, POLICY, decide) for one in EXAMPLES])
    assert [row.rule.id for row in rows] == [rule.id for rule in POLICY.rules]
    assert [row.rule.id for row in rows if row.lacks] == []


def test_names_are_unique() -> None:
    assert len(NAMED) == len(EXAMPLES)


def test_what_differs_is_said() -> None:
    wrong = replace(ALLOWED, action="BLOCK", fires=("sexual-child",), quiet=("photoreal-person",))
    assert try_example(wrong, POLICY, decide).differs == [
        "action is ALLOW, should be BLOCK",
        "sexual-child did not fire",
        "photoreal-person fired (c1 person ADULT)",
    ]


def test_a_rule_that_fired_says_what_it_compared() -> None:
    teen = replace(ALLOWED, age_band="TEEN")
    assert try_example(teen, POLICY, decide).differs == [
        "action is BLOCK, should be ALLOW",
        "sexual fired (sexual 0.3, threshold 0.3)",
        "photoreal-person fired (c1 person ADULT)",
    ]


def test_an_example_that_fails_covers_nothing() -> None:
    wrong = replace(NAMED["a user who is known to be under 13"], action="ALLOW")
    row = {row.rule.id: row for row in coverage(POLICY, [try_example(wrong, POLICY, decide)])}["not-served"]
    assert (row.fire, row.quiet) == (0, 0)
    assert row.lacks == ["no example fires it", "no near miss"]


def test_without_the_orchestrator_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decider, "entry_points", lambda **_: EntryPoints())
    with pytest.raises(NotReadyError, match="pip install"):
        installed_decide()
