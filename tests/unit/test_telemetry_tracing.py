"""Trace context that we make ourselves."""

import re

from sluice.telemetry.tracing import root_trace
from tests.unit.build import OTHER_ID, REQUEST_ID


def test_the_trace_id_is_the_request_id() -> None:
    ((name, value),) = root_trace(REQUEST_ID)
    assert name == "traceparent"
    assert re.fullmatch(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-01", value)
    assert value.split(b"-")[1].decode() == REQUEST_ID.replace("-", "")


def test_a_part_is_traced_and_the_rest_has_the_same_root() -> None:
    ((_, none),) = root_trace(REQUEST_ID, 0.0)
    ((_, every),) = root_trace(REQUEST_ID, 1.0)
    assert (none[:-2], none[-2:]) == (every[:-2], b"00")


def test_a_retry_has_the_same_root_and_another_request_has_not() -> None:
    assert root_trace(REQUEST_ID) == root_trace(REQUEST_ID) != root_trace(OTHER_ID)
