"""What the loop tells: a line and a number per breaker, and no tenant's name."""

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.asked import Asked
from orchestrator.breaker import Turned
from orchestrator.outputs import Outputs
from orchestrator.pending import Decided, Entry, Partition
from orchestrator.telling import Telling
from sluice.bus.record import Headers
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.trace_context import headers_of, of_request
from sluice.v1.decision_pb2 import ACTION_BLOCK, Decision
from sluice.v1.request_pb2 import LANE_INTERACTIVE
from tests.unit.build import OTHER_ID, REQUEST_ID, contents, text
from tests.unit.test_orchestrator_pending_breakers import BREAKER, FRESH, surge

DEFAULT = Path(__file__).parents[2] / "policies" / "default.yaml"


def decided(complete: bool, trace: Headers = (), request_id: str = REQUEST_ID) -> Decided:
    """A decision as it goes out."""
    asked = contents(text(), request_id=request_id)
    entry = Entry(Asked.of(asked, load(DEFAULT)), LANE_INTERACTIVE, 7, 1000, 0, trace=trace)
    decision = Decision(request_id=asked.request_id, action=ACTION_BLOCK, complete=complete)
    return Decided(entry, Outputs(decision, None, (), None), asked)


class Told:
    """A Telling, with what it told."""

    def __init__(self, level: str = "info") -> None:
        self.stream = io.StringIO()
        self.metrics = Metrics("orchestrator")
        self.telling = Telling(Log("orchestrator", level, self.stream), self.metrics)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def metric(self, begins: str) -> str:
        (line,) = [one for one in self.metrics.text().decode().splitlines() if one.startswith(begins)]
        return line.rpartition(" ")[2]


def test_an_opened_breaker_is_a_warning_and_counts() -> None:
    told = Told()
    told.telling.turned(Turned("illicit", opened=True, blocks=50, decisions=80), 3)
    (line,) = told.lines()
    assert (line["level"], line["event"], line["rule"], line["kind"]) == (
        "warning",
        "breaker opened",
        "illicit",
        "rule",
    )
    assert (line["partition"], line["count"]) == (3, 50)
    assert told.metric("sluice_breaker_opened_total") == "1.0"


def test_a_closed_one_is_told_and_does_not_count() -> None:
    told = Told()
    told.telling.turned(Turned("illicit", opened=False, blocks=1, decisions=80), 3)
    (line,) = told.lines()
    assert (line["level"], line["event"]) == ("info", "breaker closed")
    assert "sluice_breaker_opened_total" not in told.metrics.text().decode()


def test_a_tenants_breaker_names_no_rule() -> None:
    told = Told()
    told.telling.turned(Turned("", opened=True, blocks=50, decisions=80), 3)
    (line,) = told.lines()
    assert line["kind"] == "tenant"
    assert "rule" not in line


def test_how_many_are_open_is_a_number_from_the_start() -> None:
    told = Told()
    assert told.metric("sluice_breaker_open{") == "0.0"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return dataclasses.replace(load(DEFAULT), breaker=BREAKER)


def test_it_is_summed_over_partitions(policy: Policy) -> None:
    told, open_one, quiet = Told(), Partition(policy, FRESH, 1000), Partition(policy, FRESH, 1000)
    surge(open_one)
    told.telling.open_breakers([open_one, quiet])
    assert told.metric("sluice_breaker_open{") == "2.0"
    told.telling.open_breakers(())
    assert told.metric("sluice_breaker_open{") == "0.0"


@pytest.mark.parametrize(
    ("complete", "level", "levels"),
    [(True, "info", []), (True, "debug", ["debug"]), (False, "info", ["warning"])],
)
def test_of_decisions_only_incomplete_ones_are_told(complete: bool, level: str, levels: list[str]) -> None:
    told = Told(level)
    told.telling.decided(decided(complete), 3)
    assert [line["level"] for line in told.lines()] == levels


@pytest.mark.parametrize(
    ("trace", "trace_id"),
    [(headers_of(of_request(OTHER_ID)), of_request(OTHER_ID).trace_id), ((), of_request(REQUEST_ID).trace_id)],
)
def test_the_line_says_which_trace_it_is_of(trace: Headers, trace_id: str) -> None:
    told = Told()
    told.telling.decided(decided(complete=False, trace=trace), 3)
    assert [line["trace_id"] for line in told.lines()] == [trace_id]


def test_a_record_of_no_request_is_told_without_a_trace() -> None:
    told = Told()
    told.telling.decided(decided(complete=False, request_id="nobody's"), 3)
    (line,) = told.lines()
    assert "trace_id" not in line
