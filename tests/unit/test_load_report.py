"""Figures as JSON and as a table."""

import json

from sluice.load.report import head, row, service_rows, stage_rows, summary_form
from sluice.load.summary import Summary, Terms, summarise
from sluice.load.wire import Written
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Decision, Input
from tests.unit.load_runs import ran, tally

TERMS = Terms(0.1, 3.6, {"kafka": 0.03})


def summary(services: dict[str, float] | None = None) -> Summary:
    """Four prompts: two allowed, one blocked, one never answered."""
    found = tally([1.0, 2.0, 3.0, 4.0])
    for place, due in enumerate((1.0, 2.0, 3.0, 4.0)):
        found.send(place, due)
    found.decide(0, 1.5, ACTION_ALLOW, True)
    found.decide(1, 2.25, ACTION_ALLOW, True)
    found.decide(2, 4.0, ACTION_BLOCK, False)
    over = ran(found, services)
    seen = Input(check="text", started_at_ms=46, finished_at_ms=48, appended_at_ms=49)
    decision = Decision(requested_at_ms=5, prepared_at_ms=45, decided_at_ms=50, inputs=[seen])
    over.stages.add(decision, due_ms=2, appended_ms=51, read_ms=60)
    return summarise(over, TERMS, repeats=3, written={"moderation.verdicts": Written(4, 800)})


def test_a_row_has_a_cell_for_each_head() -> None:
    cells = dict(zip(head(), row(summary({"kafka": 1.2, "text": 0.6})), strict=True))
    assert (cells["sent"], cells["allow"], cells["review"], cells["block"]) == ("4", "2", "0", "1")
    assert (cells["incomplete"], cells["unanswered"], cells["dead"]) == ("1", "1", "0")
    assert (cells["p50 ms"], cells["p95 ms"], cells["max ms"]) == ("500", "never", "never")
    assert (cells["CPU s/1000"], cells["cost/1000"], cells["valid"]) == ("600.0", "0.60000", "yes")
    assert cells["CPU over s"] == "20.0"
    assert cells["signed p95"] == "-"


def test_what_is_not_known_is_a_dash() -> None:
    cells = dict(zip(head(), row(summary()), strict=True))
    assert (cells["CPU over s"], cells["CPU s/1000"], cells["cost/1000"]) == ("-", "-", "-")
    assert service_rows([summary()]) == ()


def test_the_form_is_json_and_holds_what_the_row_does() -> None:
    form = json.loads(json.dumps(summary_form(summary({"kafka": 1.2, "text": 0.6})), allow_nan=False))
    assert form["decided"] == {"ALLOW": 2, "REVIEW": 0, "BLOCK": 1}
    assert form["latency_ms"] == {"count": 4, "p50": 500.0, "p95": None, "p99": None, "max": None}
    assert (form["unanswered"], form["repeated_pictures"], form["valid"]) == (1, 3, True)
    assert form["written"] == {"moderation.verdicts": {"records": 4, "bytes": 800}}
    assert form["cpu"]["services"]["kafka"] == {"seconds": 1.2, "per_1000": 400.0, "above_idle_per_1000": 200.0}
    assert (form["cpu"]["per_1000"], form["cpu"]["above_idle_per_1000"]) == (600.0, 400.0)
    assert (form["machine_cores_busy"], form["own_cores"]) == (1.5, 0.025)


def test_services_are_ranked_by_what_they_cost() -> None:
    rows = service_rows([summary({"kafka": 0.3, "text": 0.6}), summary({"text": 0.9})])
    assert [list(cells) for cells in rows] == [
        ["CPU s/1000", "0.4/s", "0.4/s"],
        ["text", "200.00", "300.00"],
        ["kafka", "100.00", "-"],
    ]


def test_stages_have_a_row_for_each_part() -> None:
    rows = stage_rows(summary())
    assert [cells[0] for cells in rows[1:]] == ["send", "ingest", "text topic", "text service", "decide", "read"]
    assert list(rows[2]) == ["ingest", "1", "40", "40", "40"]
