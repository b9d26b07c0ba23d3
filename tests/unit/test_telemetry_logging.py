"""Logs: one JSON object a line, with allowed attributes only."""

import io
import json

import pytest

from sluice.telemetry.attributes import ALLOWED
from sluice.telemetry.in_hand import work_on
from sluice.telemetry.logging import Log
from sluice.telemetry.trace_context import TraceContext, of_request
from tests.unit.build import REQUEST_ID


def test_a_line_is_json_with_its_attributes() -> None:
    stream = io.StringIO()
    Log("ingest", stream=stream).info("ready", partition=3)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["service"], line["partition"]) == ("ready", "ingest", 3)


@pytest.mark.parametrize("name", ["text", "prompt", "account_id", "image", "value", "message", "uri"])
def test_what_could_hold_content_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Log("ingest", stream=io.StringIO()).info("event", **{name: "x"})
    assert name not in ALLOWED


def test_levels() -> None:
    stream = io.StringIO()
    log = Log("ingest", "warning", stream)
    log.debug("a")
    log.info("b")
    log.warning("c")
    log.error("d")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["c", "d"]


def test_a_line_says_which_trace_is_in_hand_and_no_other_does() -> None:
    stream = io.StringIO()
    log = Log("ingest", stream=stream)
    hop = of_request(REQUEST_ID)
    log.info("before")
    working = work_on(lambda: hop)
    log.info("traced")
    inner = work_on(lambda: TraceContext(hop.trace_id, "", sampled=False))
    log.info("not told")
    inner.end()
    log.info("traced again")
    working.end()
    log.info("after")
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line.get("trace_id"), line.get("span_id")) for line in told] == [
        (None, None),
        (hop.trace_id, hop.span_id),
        (hop.trace_id, None),
        (hop.trace_id, hop.span_id),
        (None, None),
    ]


def test_the_trace_is_not_looked_for_where_nothing_is_written() -> None:
    looked: list[int] = []
    working = work_on(lambda: looked.append(1))
    Log("ingest", "warning", io.StringIO()).info("quiet")
    working.end()
    assert looked == []
