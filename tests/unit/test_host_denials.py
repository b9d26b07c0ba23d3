"""Refused calls: all are counted, some are logged."""

import io
import json

from sluice.host.denials import LINES, SECONDS, Denials, Why
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from tests.unit.metric_values import begun, values


def test_all_are_counted_and_so_many_are_logged_as_a_person_can_read() -> None:
    said, metrics, now = io.StringIO(), Metrics("test"), [100.0]
    denials = Denials(Log("test", stream=said), metrics, lambda: now[0])
    for _ in range(1000):
        denials.tell("a.B/C", Why.NOT_LISTED, "spiffe://sluice/x")
    assert values(metrics, "sluice_rpc_denied_total") == {("a.B/C", "not_listed"): 1000.0}
    assert len(said.getvalue().splitlines()) == LINES
    now[0] += SECONDS
    denials.tell("a.B/C", Why.ENDED, "spiffe://sluice/x" * 100)
    denials.tell("a.B/C", Why.ENDED, "spiffe://sluice/x")
    first, second = [json.loads(line) for line in said.getvalue().splitlines()[LINES:]]
    assert (first["count"], first["reason"], len(first["detail"])) == (1000 - LINES, "ended", 300)
    assert "count" not in second


def test_methods_are_counted_from_0_on() -> None:
    metrics = Metrics("test")
    Denials(Log("test", stream=io.StringIO()), metrics).begin("a.B/C")
    assert begun(metrics, "sluice_rpc_denied_total") == len(Why)
    assert values(metrics, "sluice_rpc_denied_total") == {}
