"""A whole decision in plain words, under heads."""

from sluice.policy.explained import decided_by, sections, why
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Decision, Reason


def test_a_head_without_anything_under_it_is_left_out() -> None:
    decision = Decision(action=ACTION_ALLOW, complete=True, requested_at_ms=2000, decided_at_ms=2400)
    told = sections(decision, None, "About it.")
    assert [section.head for section in told] == ["Why", "Policy", "Times"]
    assert told[1].lines == ["About it."]
    assert told[2].lines == ["Asked at 1970-01-01T00:00:02Z.", "Decided after 400 ms."]


def test_why_ends_with_what_the_reasons_come_to() -> None:
    reasons = [Reason(rule="some-rule", action=ACTION_BLOCK), Reason(rule="unprocessable", action=ACTION_BLOCK)]
    assert why(Decision(action=ACTION_BLOCK, reasons=reasons), None) == [
        "Rule some-rule holds: BLOCK.",
        "The request cannot be judged: BLOCK.",
        "BLOCK: all reasons ask for it.",
    ]


def test_which_policy_it_was() -> None:
    head = decided_by(Decision(policy_version="7", policy_digest=bytes(range(32))))
    assert head == "Decided by policy version 7, digest 0001020304050607..."
