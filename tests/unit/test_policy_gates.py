"""Gates: what is one, what it measures, and that nothing measured is no pass."""

import pytest

from sluice.policy.gates import GateError, figure, parse_gate
from sluice.policy.tally import Marked, Move, Tally

RULES = frozenset({"sexual", "violence"})


def tally() -> Tally:
    """1,000 decisions, ten of them not judged; 30 flips; labels of two categories."""
    found = Tally(unjudged=10)
    for at, (move, count) in enumerate(
        [(("ALLOW", "ALLOW"), 900), (("BLOCK", "BLOCK"), 60), (("ALLOW", "BLOCK"), 20), (("BLOCK", "ALLOW"), 10)]
    ):
        for each in range(count):
            found.move(f"{at}-{each}", Move(*move), {"stage": ["PROMPT"]})
    found.fires.update({"sexual": 60, "violence": 20})
    for marked, category, count in [
        (Marked(True, before=True, after=True), "sexual", 80),
        (Marked(True, before=True, after=False), "sexual", 5),
        (Marked(True, before=False, after=True), "hate", 10),
        (Marked(True, before=False, after=False), "hate", 5),
        (Marked(False, before=True, after=True), "", 50),
    ]:
        for _ in range(count):
            found.mark(category, marked)
    return found


@pytest.mark.parametrize(
    ("text", "found", "failed"),
    [
        ("flips > 1%", 30 / 990, True),
        ("flips > 30", 30, False),
        ("flips >= 30", 30, True),
        ("  flips>5 %", 30 / 990, False),
        ("BLOCK->ALLOW > 0", 10, True),
        ("BLOCK->ALLOW>1.5%", 10 / 990, False),
        ("REVIEW->ALLOW > 0", 0, False),
        ("rule:violence > 2%", 20 / 990, True),
        ("rule:sexual < 61", 60, True),
        ("unjudged > 0", 10, True),
        ("unjudged > 1%", 0.01, False),
        ("decisions < 1000", 1000, False),
        ("not_unsafe < 0.95", 0.9, True),
        ("not_unsafe < 90%", 0.9, False),
        ("not_unsafe[hate] <= 0.5", 10 / 15, False),
        ("not_unsafe[sexual].change < 0", -5 / 85, True),
        ("not_unsafe.change < -0.01", 0.05, False),
        ("not_overrefuse < 0.98", 1.0, False),
        ("not_unsafe.low < 0.9", 0.8256, True),
        ("not_unsafe.high < 0.9", 0.9448, False),
        ("not_overrefuse[hate] < 0.1", None, True),
        ("not_unsafe[violence] > 0.99", None, True),
    ],
)
def test_a_gate(text: str, found: float | None, failed: bool) -> None:
    gate = parse_gate(text, RULES)
    measured = figure(gate, tally())
    assert measured == (found if found is None else pytest.approx(found, abs=1e-4))
    assert gate.failed(measured) is failed


def test_of_no_decisions_no_share_passes() -> None:
    for text in ("flips > 1%", "unjudged > 5%", "rule:sexual > 100%"):
        gate = parse_gate(text, RULES)
        assert gate.failed(figure(gate, Tally()))


def test_which_need_labels() -> None:
    assert parse_gate("not_unsafe[hate].low < 0.5", RULES).labels
    assert not parse_gate("flips > 1%", RULES).labels


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "should be METRIC"),
        ("flips", "should be METRIC"),
        ("flips > ", "should be METRIC"),
        ("flips == 3", "should be METRIC"),
        ("flips > 1e3", "should be METRIC"),
        ("flips > one", "should be METRIC"),
        ("flips > 1% or unjudged > 1", "is none of"),
        ("flops > 1%", "'flops' is none of decisions"),
        ("flips.low > 1", "'flips.low' is none of"),
        ("block->allow > 0", "is none of"),
        ("BLOCK -> ALLOW > 0", "is none of"),
        ("ALLOW->ALLOW > 0", "that is no flip"),
        ("rule:violance > 5%", "the candidate has no rule 'violance'"),
        ("flips > 0.01", "a share of the decisions is written with %"),
        ("flips > -1", "is a count"),
        ("flips > 101%", "no percentage of more than 100"),
        ("decisions < 50%", "none of itself"),
        ("not_unsafe < 95", "a share from 0 to 1"),
        ("not_unsafe < -0.1", "a share from 0 to 1"),
        ("not_unsafe.change < -2", "a share from -1 to 1"),
        ("not_unsafe.mean < 0.1", "is none of"),
        ("not_unsafe[] < 0.1", "is none of"),
    ],
)
def test_what_is_no_gate(text: str, said: str) -> None:
    with pytest.raises(GateError) as caught:
        parse_gate(text, RULES)
    assert said in str(caught.value)
