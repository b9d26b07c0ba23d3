"""The checker of histories decides again with the breakers that a decision says were open."""

from dataclasses import replace

from orchestrator.decide import decide
from orchestrator.outputs import Seen, outputs
from sluice.v1.decision_pb2 import ACTION_REVIEW, Decision
from tests.chaos.check_inputs import check_inputs
from tests.chaos.history import History
from tests.chaos.index import Index
from tests.chaos.objections import Kind
from tests.unit.chaos_history import REFUSED, changed, good

OPEN = ("rule:illicit",)


def softened() -> History:
    """The good history, with one BLOCK decided while its rule's breaker was open."""
    history = good()
    decisions = []
    for logged in history.decisions:
        found = logged
        if logged.message.request_id == REFUSED:
            (asked,) = [one for one in history.contents if one.message.request_id == REFUSED]
            verdicts = [one for one in history.verdicts if one.message.request_id == REFUSED]
            given = {one.message.check: one.message for one in verdicts}
            outcome = decide(asked.message, given, history.policy, late=False, open_breakers=OPEN)
            assert outcome is not None
            seen = {one.message.check: Seen(one.message, one.offset, one.appended_at_ms) for one in verdicts}
            out = outputs(asked.message, asked.offset, asked.appended_at_ms, seen, outcome, history.policy, OPEN)
            found = replace(logged, message=out.decision)
        decisions.append(found)
    return replace(history, decisions=decisions)


def objections(history: History) -> list[Kind]:
    return [one.kind for one in check_inputs(history, Index(history))]


def test_a_softened_block_is_recomputed() -> None:
    history = softened()
    (decision,) = [one.message for one in history.decisions if one.message.request_id == REFUSED]
    assert decision.action == ACTION_REVIEW
    assert objections(history) == []


def forget(decision: Decision) -> None:
    del decision.open_breakers[:]


def test_one_that_does_not_say_what_was_open_is_not() -> None:
    history = softened()
    spoiled = [changed(one, forget) if one.message.request_id == REFUSED else one for one in history.decisions]
    assert objections(replace(history, decisions=spoiled)) == [Kind.NOT_RECOMPUTED]
