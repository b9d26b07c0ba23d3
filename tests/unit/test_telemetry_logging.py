"""Logs: one JSON object a line, with allowed attributes only."""

import io
import json

import pytest

from sluice.telemetry.attributes import ALLOWED
from sluice.telemetry.logging import Log


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
