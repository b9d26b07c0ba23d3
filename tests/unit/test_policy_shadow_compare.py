"""Two policies and one decision: where they differ, and where nobody can tell."""

from orchestrator.decide import decide
from policy_shadow.compare import Kind, compare, disagreement
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, ACTION_REVIEW
from tests.unit.build import REQUEST_ID
from tests.unit.shadow import LIVE, STRICTER, decided, policy


def test_a_lower_threshold_blocks_what_was_allowed() -> None:
    decision = decided({"hate": 0.5})
    assert decision.action == ACTION_ALLOW
    compared = compare(decision, STRICTER, decide)
    assert compared.differs
    assert compared.kind == Kind(ACTION_ALLOW, ACTION_BLOCK, (), ("hate",), True, STRICTER.digest)


def test_what_both_decide_the_same_is_no_disagreement() -> None:
    for scores in ({"hate": 0.1}, {"hate": 0.9}, {"hate": 0.9, "violence": 0.9}, None):
        decision = decided(scores)
        compared = compare(decision, STRICTER, decide)
        assert not compared.differs
        assert (compared.kind.live, compared.kind.shadow) == (decision.action, decision.action)
        assert compared.kind.known


def test_the_same_action_by_other_rules_is_one() -> None:
    renamed = policy("renamed", name="gore")
    compared = compare(decided({"hate": 0.9, "violence": 0.9}), renamed, decide)
    assert (compared.differs, compared.kind.live, compared.kind.shadow) == (True, ACTION_BLOCK, ACTION_BLOCK)
    assert (compared.kind.only_live, compared.kind.only_shadow) == (("violence",), ("gore",))


def test_an_answer_that_was_never_asked_for_is_not_known() -> None:
    compared = compare(decided({"hate": 0.1}), policy("asks-more", checks=("text", "image_text")), decide)
    assert (compared.differs, compared.kind.known) == (True, False)
    assert (compared.kind.shadow, compared.kind.only_shadow) == (ACTION_REVIEW, ("incomplete",))


def test_a_check_that_was_waited_for_in_vain_would_have_been_so_by_both() -> None:
    compared = compare(decided(None), policy("other", hate=0.1), decide)
    assert (compared.differs, compared.kind.known, compared.kind.shadow) == (False, True, ACTION_REVIEW)


def test_the_record_has_both_sides_and_no_content() -> None:
    decision = decided({"hate": 0.5, "violence": 0.7})
    compared = compare(decision, STRICTER, decide)
    record = disagreement(decision, 41, compared, STRICTER)
    assert (record.request_id, record.decision_offset, record.stands_for) == (REQUEST_ID, 41, 1)
    assert (record.live_action, record.shadow_action) == (ACTION_REVIEW, ACTION_BLOCK)
    assert (record.live_policy_digest, record.shadow_policy_digest) == (LIVE.digest, STRICTER.digest)
    assert (record.shadow_policy_version, record.shadow_complete) == ("stricter", True)
    assert (list(record.only_live), list(record.only_shadow)) == ([], ["hate"])
    assert [reason.rule for reason in record.live_reasons] == ["violence"]
    by_rule = {reason.rule: reason for reason in record.shadow_reasons}
    assert (by_rule["hate"].category, by_rule["hate"].score) == ("hate", 0.5)
    assert "account" not in str(record)
