"""Replays: which decisions flip and what is counted of them."""

from collections import Counter
from dataclasses import replace

import pytest

from benchmarks.replay.made import made
from orchestrator.decide import decide
from orchestrator.outputs import Seen, outputs
from sluice.contract.names import short_name
from sluice.errors import TerminalError
from sluice.policy.labels import Label
from sluice.policy.model import Policy
from sluice.policy.replay import NONE, Replay, same
from sluice.policy.replay_jobs import Plan, run, run_in
from sluice.policy.tally import Move, Paired, Tally
from sluice.shares import Share
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Action, Decision
from sluice.v1.request_pb2 import AGE_BAND_TEEN
from sluice.v1.verdict_pb2 import Verdict
from tests.unit.build import OTHER_ID, REQUEST_ID, contents, image, result, text, verdict
from tests.unit.test_orchestrator_decide_plans import POLICY
from tests.unit.test_policy_load import DEFAULT


def with_threshold(value: float, category: str = "sexual") -> Policy:
    """The default policy with another default threshold; another digest."""
    table = {**POLICY.thresholds, "default": {**POLICY.thresholds["default"], category: value}}
    return replace(POLICY, thresholds=table, digest=b"c" * 32)


def decided(*answers: Verdict, request_id: str = REQUEST_ID, picture: bool = False, late: bool = True) -> Decision:
    asked = contents(image() if picture else text(), request_id=request_id, age_band=AGE_BAND_TEEN * picture)
    asked.subject.tenant = "studio"
    by = {one.check: one for one in answers}
    outcome = decide(asked, by, POLICY, late)
    assert outcome is not None
    seen = {check: Seen(found, at, 1500 + at) for at, (check, found) in enumerate(by.items())}
    decision = outputs(asked, 7, 1100, seen, outcome, POLICY).decision
    decision.decided_at_ms = 1600
    return decision


def scored(score: float, request_id: str = REQUEST_ID) -> Decision:
    """A prompt that the text check scored."""
    return decided(verdict("text", result(scores={"sexual": score})), request_id=request_id)


def test_a_stricter_candidate_flips_and_says_where() -> None:
    replay = Replay(with_threshold(0.4), decide)
    assert replay.take(scored(0.45))
    assert replay.take(scored(0.1, OTHER_ID))
    tally = replay.tally
    flip = Move("ALLOW", "BLOCK")
    assert tally.moves == {flip: 1, Move("ALLOW", "ALLOW"): 1}
    assert (tally.decisions, tally.judged, tally.flips, tally.exact, tally.inexact) == (2, 2, 1, 0, 0)
    assert tally.examples == {flip: [REQUEST_ID]}
    assert (tally.new, tally.gone, tally.fires) == ({"sexual": 1}, {}, {"sexual": 1})
    assert tally.groups["category"] == {"sexual": {flip: 1}}
    assert tally.groups["stage"] == {"PROMPT": tally.moves}
    assert tally.groups["tenant"] == {"studio": tally.moves}
    assert tally.groups["age_band"] == {"UNKNOWN": tally.moves}


def test_a_laxer_candidate_names_the_rule_that_is_gone() -> None:
    replay = Replay(with_threshold(0.9), decide)
    assert replay.take(scored(0.6))
    tally = replay.tally
    assert tally.moves == {Move("BLOCK", "ALLOW"): 1}
    assert (tally.new, tally.gone) == ({}, {"sexual": 1})
    assert tally.groups["category"] == {"sexual": {Move("BLOCK", "ALLOW"): 1}}


def test_the_policy_that_decided_decides_the_same() -> None:
    replay = Replay(POLICY, decide)
    assert replay.take(scored(0.6))
    assert (replay.tally.exact, replay.tally.inexact, replay.tally.flips) == (1, 0, 0)
    forged = scored(0.1)
    forged.action = ACTION_BLOCK
    assert replay.take(forged)
    assert (replay.tally.exact, replay.tally.inexact, replay.tally.inexact_ids) == (1, 1, [REQUEST_ID])


def test_the_live_policy_is_asked_of_its_own_decisions_alone() -> None:
    replay = Replay(with_threshold(0.4), decide, live=POLICY)
    other = scored(0.1, OTHER_ID)
    other.policy_digest = b"x" * 32
    for decision in (scored(0.45), other):
        assert replay.take(decision)
    assert (replay.tally.exact, replay.tally.inexact) == (1, 0)


@pytest.mark.parametrize("field", ["action", "complete", "labels", "reasons"])
def test_what_makes_a_decision_another(field: str) -> None:
    decision = decided(verdict("text", result(scores={"sexual": float("nan")})))
    outcome = decide(
        contents(text()), {"text": verdict("text", result(scores={"sexual": float("nan")}))}, POLICY, True
    )
    assert outcome is not None
    assert same(decision, outcome)
    changed = {
        "action": lambda: setattr(decision, "action", ACTION_ALLOW),
        "complete": lambda: setattr(decision, "complete", True),
        "labels": lambda: decision.labels.append("drawn"),
        "reasons": lambda: setattr(decision.reasons[0], "threshold", 0.7),
    }
    changed[field]()
    assert not same(decision, outcome)


def known(check: str = "hash") -> Decision:
    """An upload that a terminal rule decided before the other checks had answered."""
    return decided(verdict(check, result("c0", csam=True)), picture=True, late=False)


def patient() -> Policy:
    """A candidate whose terminal rule is none, so that it waits for every check."""
    rules = tuple(replace(rule, terminal=False) for rule in POLICY.rules)
    return replace(POLICY, rules=rules, digest=b"p" * 32)


def test_what_the_record_does_not_hold_is_not_judged() -> None:
    replay = Replay(patient(), decide, {REQUEST_ID: Label(True)}, live=POLICY)
    assert not replay.take(known())
    assert replay.tally.decisions == 0
    replay.give_up(known())
    tally = replay.tally
    assert (tally.decisions, tally.judged, tally.unjudged, tally.unjudged_labels) == (1, 0, 1, 1)
    assert tally.unknown == dict.fromkeys(("image_text", "image", "person"), 1)
    # Its own policy can decide it all the same.
    assert tally.exact == 1


def test_what_came_later_is_judged() -> None:
    replay = Replay(patient(), decide)
    assert not replay.take(known())
    replay.join(known(), {name: verdict(name, result("c0")) for name in ("image_text", "image", "person")})
    assert replay.tally.moves == {Move("BLOCK", "BLOCK"): 1}
    assert replay.tally.gone == {}


def test_labels_are_counted_as_pairs() -> None:
    labels = {REQUEST_ID: Label(True, "sexual"), OTHER_ID: Label(False)}
    replay = Replay(with_threshold(0.4), decide, labels)
    third = "3d1f2c8e-3a55-4f0e-9d6f-3c8a3d5f1e33"
    for decision in (scored(0.45), scored(0.45, OTHER_ID), scored(0.45, third)):
        assert replay.take(decision)
    tally = replay.tally
    assert tally.paired(unsafe=True) == Paired(Share(0, 1), Share(1, 1), worse=0, better=1)
    assert tally.paired(unsafe=False) == Paired(Share(1, 1), Share(0, 1), worse=1, better=0)
    assert tally.paired(True, "sexual").after == Share(1, 1)
    assert tally.paired(False, "sexual").after == Share(0, 0)


VALUES = list(made(400, POLICY))


def test_made_up_traffic_is_decided_the_same_by_its_own_policy() -> None:
    replay = Replay(POLICY, decide)
    assert run(replay, VALUES, 0) == []
    assert (replay.tally.exact, replay.tally.inexact, replay.tally.flips) == (400, 0, 0)
    actions = Counter(short_name(Action, Decision.FromString(value).action) for value in VALUES)
    assert {move.after: count for move, count in replay.tally.moves.items()} == actions
    assert set(actions) >= {"ALLOW", "BLOCK"}


def test_only_so_many_are_held() -> None:
    values = [
        decided(
            verdict("hash", result("c0", csam=True)), picture=True, late=False, request_id=str(at)
        ).SerializeToString()
        for at in range(5)
    ]
    replay = Replay(patient(), decide)
    assert run(replay, values, keep=2) == values[:2]
    assert (replay.tally.judged, replay.tally.unjudged) == (0, 3)


@pytest.mark.parametrize("value", [b"\xff", b""])
def test_what_is_no_decision_ends_it(value: bytes) -> None:
    with pytest.raises(TerminalError, match="not a decision"):
        run(Replay(POLICY, decide), [value], 0)


def counts(tally: Tally) -> Tally:
    """A tally without examples, which depend on the order."""
    return replace(tally, examples={}, inexact_ids=[])


def test_tallies_of_parts_add_up() -> None:
    candidate, labels = (
        with_threshold(0.02),
        {Decision.FromString(one).request_id: Label(True) for one in VALUES[:50]},
    )
    whole, first, second = (Replay(candidate, decide, labels, live=POLICY) for _ in range(3))
    run(whole, VALUES, 0)
    run(first, VALUES[:150], 0)
    run(second, VALUES[150:], 0)
    first.tally.add(second.tally)
    assert first.tally == whole.tally
    assert whole.tally.flips > 10
    assert NONE in whole.tally.groups["tenant"]


def test_several_processes_count_the_same() -> None:
    alone, shared = (Replay(POLICY, decide, live=POLICY) for _ in range(2))
    values = VALUES * 4
    run(alone, values, 0)
    assert run_in(2, Plan(DEFAULT, None, {}), replace(shared, live=None), values) == []
    assert counts(shared.tally) == counts(alone.tally)
