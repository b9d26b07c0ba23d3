"""What became of requests."""

import math

import numpy as np

from sluice.load.mix import Kind
from sluice.load.quantiles import quantiles
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK
from tests.unit.load_runs import tally


def test_latency_counts_from_when_a_request_was_due() -> None:
    found = tally([1.0, 2.0])
    found.send(0, 1.0)
    found.send(1, 2.75)
    found.decide(0, 1.5, ACTION_ALLOW, True)
    found.decide(1, 3.0, ACTION_BLOCK, True)
    assert found.decision_seconds().tolist() == [0.5, 1.0]
    assert found.late_seconds().tolist() == [0.0, 0.75]


def test_an_answer_after_the_limit_is_none() -> None:
    found = tally([0.0, 0.0, 0.0], limit=5.0)
    for place, at in enumerate((5.0, 5.1)):
        found.send(place, 0.0)
        found.decide(place, at, ACTION_ALLOW, True)
    found.send(2, 0.0)
    assert found.decision_seconds().tolist() == [5.0, math.inf, math.inf]
    assert found.under_way == 1


def test_what_was_not_sent_is_not_measured_and_neither_is_warm_up() -> None:
    found = tally([0.5, 1.5, 2.5], warm_up=1.0)
    found.send(0, 0.5)
    found.send(1, 1.5)
    assert found.measured().tolist() == [False, True, False]


def test_a_second_decision_is_told_and_changes_nothing_else() -> None:
    found = tally([0.0])
    found.send(0, 0.0)
    assert found.decide(0, 0.5, ACTION_BLOCK, True)
    assert not found.decide(0, 0.9, ACTION_ALLOW, False)
    assert found.doubled == 1
    assert found.decision_seconds().tolist() == [0.5]
    assert found.actions.tolist() == [ACTION_BLOCK]
    assert (found.incomplete.tolist(), found.answered) == ([False], 1)


def test_an_allowed_output_is_under_way_until_it_is_signed() -> None:
    found = tally([0.0, 0.0], [Kind.OUTPUT, Kind.OUTPUT])
    found.send(0, 0.0)
    found.send(1, 0.0)
    found.decide(0, 1.0, ACTION_ALLOW, True)
    found.decide(1, 1.0, ACTION_BLOCK, True)
    assert found.under_way == 1
    found.sign(0, 1.5)
    assert found.under_way == 0
    assert found.wanting().tolist() == [True, False]
    assert found.signing_seconds().tolist() == [1.5, math.inf]


def test_a_signature_seen_before_its_decision_counts_once() -> None:
    found = tally([0.0], [Kind.OUTPUT])
    found.send(0, 0.0)
    found.sign(0, 1.0)
    assert found.under_way == 1
    found.decide(0, 1.1, ACTION_ALLOW, True)
    found.sign(0, 1.2)
    assert (found.answered, found.under_way) == (1, 0)
    assert found.signing_seconds().tolist() == [1.0]


def test_what_the_client_gave_up_and_the_broker_had_is_not_taken_off_twice() -> None:
    found = tally([0.0, 0.0, 0.0])
    for place in range(3):
        found.send(place, 0.0)
    found.refuse(0)
    found.decide(0, 1.0, ACTION_ALLOW, True)
    assert found.under_way == 2
    found.decide(1, 1.0, ACTION_ALLOW, True)
    found.refuse(1)
    assert (found.under_way, found.refused, found.answered) == (1, 2, 2)


def test_prompts_and_edits_want_no_signature() -> None:
    found = tally([0.0, 0.0], [Kind.PROMPT, Kind.EDIT])
    for place in (0, 1):
        found.send(place, 0.0)
        found.decide(place, 1.0, ACTION_ALLOW, True)
    assert found.under_way == 0
    assert not found.wanting().any()


def test_nothing_is_waited_for_that_the_broker_did_not_take() -> None:
    found = tally([0.0])
    found.send(0, 0.0)
    found.refuse(0)
    assert found.under_way == 0
    assert found.decision_seconds().tolist() == [math.inf]


def test_records_of_others_have_no_place() -> None:
    found = tally([0.0, 1.0])
    assert (found.place(b"r1"), found.place(b"somebody")) == (1, None)


def test_a_stall_is_seen_by_every_request_that_was_due_in_it() -> None:
    """A service answers in 10 ms, but stands still from second 4 to second 5; 100 requests a second for 10 seconds.

    A caller that waits for each answer before it asks again sends one request in that second, and sees one slow
    answer in a thousand. Here a tenth of all were due in it: those wait (5 - due) seconds.
    """
    due = np.arange(1000) / 100
    found = tally(due.tolist())
    for place, at in enumerate(due):
        found.send(place, at)
        found.decide(place, max(at, 5.0) + 0.01 if 4.0 <= at < 5.0 else at + 0.01, ACTION_ALLOW, True)
    told = quantiles(found.decision_seconds())
    # By rank, of 1,000: 500, 950, 990 (due at 4.1 s), 1,000 (due at 4 s).
    assert [round(value, 6) for value in (told.p50, told.p95, told.p99, told.max)] == [0.01, 0.51, 0.91, 1.01]


def test_a_sender_that_stood_still_hides_nothing() -> None:
    """The sender is held up for a second and then sends what was due at once; each is answered in 10 ms."""
    due = np.arange(1000) / 100
    found = tally(due.tolist())
    for place, at in enumerate(due):
        sent = max(at, 5.0) if 4.0 <= at < 5.0 else at
        found.send(place, sent)
        found.decide(place, sent + 0.01, ACTION_ALLOW, True)
    assert np.isclose(quantiles(found.decision_seconds()).p99, 0.91)
    assert np.isclose(quantiles(found.late_seconds()).p99, 0.9)
