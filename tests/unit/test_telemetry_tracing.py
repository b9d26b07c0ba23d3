"""Trace context that we make ourselves."""

import re
from dataclasses import replace

from sluice.telemetry.trace_context import headers_of
from sluice.telemetry.tracing import root_context
from tests.unit.build import OTHER_ID, REQUEST_ID


def test_the_trace_id_is_the_request_id() -> None:
    ((name, value),) = headers_of(root_context(REQUEST_ID))
    assert name == "traceparent"
    assert re.fullmatch(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-01", value)
    assert value.split(b"-")[1].decode() == REQUEST_ID.replace("-", "")


def test_a_part_is_traced_and_the_rest_has_the_same_root() -> None:
    none, every = root_context(REQUEST_ID, 0.0), root_context(REQUEST_ID, 1.0)
    assert (none.sampled, every.sampled) == (False, True)
    assert replace(none, sampled=True) == every


def test_a_retry_has_the_same_root_and_another_request_has_not() -> None:
    assert root_context(REQUEST_ID) == root_context(REQUEST_ID) != root_context(OTHER_ID)
