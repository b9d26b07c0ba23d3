"""Records of a worker in numbers, and the trace that its lines name."""

import io
import json
from dataclasses import replace

import pytest

from sluice.bus.record import Headers
from sluice.host.record_counts import RecordCounts, reason_names
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.spans import KeptSpans
from sluice.telemetry.trace_context import headers_of, of_request
from tests.unit.build import OTHER_ID, REQUEST_ID
from tests.unit.metric_values import begun, values
from tests.unit.test_host_worker import FAST, SLOW, MemoryProducer, record, work


@pytest.mark.parametrize(
    ("value", "outcome", "retries", "reason"),
    [
        (b"fine", "done", 0, ""),
        (b"nothing", "nothing", 0, ""),
        (b"flaky", "done", 2, ""),
        (b"poison", "dead_letter", 0, "MALFORMED"),
        (b"bug", "dead_letter", 0, "INTERNAL"),
        (b"too large", "dead_letter", 0, "INTERNAL"),
    ],
)
async def test_each_record_is_counted_as_it_ended(value: bytes, outcome: str, retries: int, reason: str) -> None:
    metrics = Metrics("test")
    await work([record(0, value)], metrics=metrics)
    ended = {(outcome, FAST): 1.0} | ({("retried", FAST): float(retries)} if retries else {})
    assert values(metrics, "sluice_records_total") == ended
    assert values(metrics, "sluice_record_seconds_count") == {(FAST,): 1}
    assert values(metrics, "sluice_dead_letters_total") == ({(reason, FAST): 1} if reason else {})


async def test_a_result_that_was_delivered_late_counts_once() -> None:
    metrics = Metrics("test")
    await work([record(0), record(1, topic=SLOW)], MemoryProducer(refusals=1), metrics=metrics)
    assert values(metrics, "sluice_records_total") == {("done", FAST): 1, ("done", SLOW): 1, ("retried", FAST): 1}


def test_every_counter_begins_at_nought() -> None:
    metrics = Metrics("test")
    RecordCounts(metrics, (FAST, SLOW))
    assert begun(metrics, "sluice_records_total") == 2 * 4
    assert begun(metrics, "sluice_dead_letters_total") == 2 * len(reason_names())
    assert "UNSPECIFIED" not in reason_names()


class Reads:
    """A group member that has read."""

    def in_hand(self, topic: str) -> int:
        return {FAST: 3, SLOW: 0}[topic]

    def lag(self, topic: str) -> int:
        return {FAST: 9, SLOW: 1}[topic]


def test_what_is_in_hand_and_behind_is_asked_for() -> None:
    metrics = Metrics("test")
    RecordCounts(metrics, (FAST, SLOW)).watch(Reads(), "sluice-test")
    assert values(metrics, "sluice_records_in_hand") == {(FAST,): 3}
    assert values(metrics, "sluice_consumer_lag") == {("sluice-test", FAST): 9, ("sluice-test", SLOW): 1}


SENT = headers_of(of_request(OTHER_ID))
NOT_SENT: Headers = ()


@pytest.mark.parametrize(("headers", "trace"), [(SENT, OTHER_ID), (NOT_SENT, REQUEST_ID)])
@pytest.mark.parametrize("value", [b"flaky", b"poison", b"bug"])
async def test_lines_about_a_record_name_its_trace(value: bytes, headers: Headers, trace: str) -> None:
    stream = io.StringIO()
    found = replace(record(0, value), headers=headers)
    await work([found], log=Log("test", stream=stream))
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert {line["trace_id"] for line in lines} == {trace.replace("-", "")}
    assert not any("span_id" in line for line in lines)


async def test_lines_about_a_record_that_is_told_name_its_hop() -> None:
    stream, spans = io.StringIO(), KeptSpans()
    found = replace(record(0, b"poison"), headers=SENT)
    await work([found], spans=spans, log=Log("test", stream=stream))
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    hop = next(span for span in spans.told if span.name == f"process {FAST}")
    assert (line["event"], line["span_id"]) == ("dead letter", hop.context.span_id)


async def test_a_record_of_nobodys_has_no_trace() -> None:
    stream = io.StringIO()
    await work([replace(record(0, b"poison"), headers=(), key=b"a stranger's")], log=Log("test", stream=stream))
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert "trace_id" not in line
