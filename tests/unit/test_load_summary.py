"""The figures of one run."""

import math

import pytest

from sluice.load.mix import Kind
from sluice.load.summary import Terms, keeps, summarise
from sluice.load.tally import Tally
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, ACTION_REVIEW
from tests.unit.load_runs import TERMS, ran, tally


def answered(count: int = 20, late: float = 0.0) -> Tally:
    """All allowed after half a second, one request every half second."""
    found = tally([place / 2 for place in range(count)])
    for place in range(count):
        found.send(place, place / 2 + late)
        found.decide(place, place / 2 + 0.5, ACTION_ALLOW, True)
    return found


def test_every_request_is_accounted_for() -> None:
    found = tally(
        [0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [Kind.PROMPT] * 3 + [Kind.OUTPUT] * 3 + [Kind.EDIT], warm_up=1.0
    )
    for place, due in enumerate((0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)):
        found.send(place, due)
    found.decide(0, 0.6, ACTION_ALLOW, True)
    found.decide(1, 1.1, ACTION_ALLOW, True)
    found.decide(2, 2.1, ACTION_BLOCK, False)
    found.decide(3, 3.4, ACTION_ALLOW, True)
    found.sign(3, 3.6)
    found.decide(4, 4.4, ACTION_ALLOW, True)
    found.decide(5, 5.4, ACTION_REVIEW, True)
    found.refuse(6)
    found.bury()
    summary = summarise(ran(found, ended=11.0), TERMS)
    assert (summary.warm_up_sent, summary.sent, summary.seconds) == (1, 6, 10.0)
    assert summary.decided == {"ALLOW": 3, "REVIEW": 1, "BLOCK": 1}
    assert (summary.incomplete, summary.refused, summary.unanswered) == (1, 1, 1)
    assert (summary.unsigned, summary.dead_letters, summary.doubled) == (1, 1, 0)
    assert sum(summary.decided.values()) + summary.unanswered == summary.sent
    assert {kind: q.count for kind, q in summary.kinds.items()} == {"prompt": 2, "output": 3, "edit": 1}
    assert summary.signed.p50 == pytest.approx(0.6)
    assert summary.signed.max == math.inf


def test_rates_are_those_of_the_measured_time() -> None:
    found = tally([0.5, 1.5, 2.5, 3.5], warm_up=1.0)
    for place, due in enumerate((0.5, 1.5, 2.5, 3.5)):
        found.send(place, due)
    # Sent in the warm-up and done later; done in time; done after the sending had ended.
    found.decide(0, 1.2, ACTION_ALLOW, True)
    found.decide(1, 1.6, ACTION_ALLOW, True)
    found.decide(2, 6.0, ACTION_ALLOW, True)
    summary = summarise(ran(found, ended=5.0), TERMS)
    assert summary.offered == pytest.approx(3 / 4)
    assert summary.achieved == pytest.approx(2 / 4)


def test_cost_is_cpu_hours_times_the_price() -> None:
    summary = summarise(ran(answered(), {"text": 2.0, "kafka": 1.0}), Terms(0.1, 3.6, {"kafka": 0.03}))
    assert summary.cost is not None
    assert (summary.cost.total, summary.cost.decided) == (3.0, 20)
    assert summary.cost.per_1000(summary.cost.total) == pytest.approx(150.0)
    # 150 CPU seconds at 3.6 an hour.
    assert summary.cost.price_per_1000 == pytest.approx(0.15)
    assert summary.cost.idle["kafka"] == pytest.approx(0.6)


def test_without_any_services_there_is_no_cost() -> None:
    assert summarise(ran(answered()), TERMS).cost is None
    assert summarise(ran(answered(), {}), TERMS).cost is None


def test_a_cost_of_no_decisions_is_none() -> None:
    found = tally([1.0])
    found.send(0, 1.0)
    summary = summarise(ran(found, {"text": 2.0}), TERMS)
    assert summary.cost is not None
    assert summary.cost.price_per_1000 is None


def test_a_run_in_order_has_no_problems() -> None:
    assert summarise(ran(answered()), TERMS).problems == ()


def test_a_late_sender_makes_the_run_invalid() -> None:
    (problem,) = summarise(ran(answered(late=0.2)), TERMS).problems
    assert "p99 200 ms, at most 100 ms" in problem


def test_what_else_makes_a_run_invalid_is_told() -> None:
    twice = answered()
    twice.decide(0, 0.7, ACTION_ALLOW, True)
    assert "1 requests were decided twice" in summarise(ran(twice), TERMS).problems
    assert "nothing was measured" in summarise(ran(tally([])), TERMS).problems
    assert summarise(ran(answered(), not_waited=True), TERMS).problems != ()
    assert summarise(ran(answered()), TERMS, restarted="ingest").problems == ("started again meanwhile: ingest",)


def test_a_promise_is_kept_by_the_p95_of_all() -> None:
    assert keeps(summarise(ran(answered()), TERMS), 0.5)
    assert not keeps(summarise(ran(answered()), TERMS), 0.4)
    assert not keeps(summarise(ran(answered(late=0.2)), TERMS), 0.5)
    dropped = answered(18)
    more = tally([place / 2 for place in range(20)])
    for place in range(20):
        more.send(place, place / 2)
        if place < 18:
            more.decide(place, place / 2 + 0.5, ACTION_ALLOW, True)
    assert keeps(summarise(ran(dropped), TERMS), 60.0)
    assert not keeps(summarise(ran(more), TERMS), 60.0)
