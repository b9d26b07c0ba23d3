"""Calls in numbers, over a real connection, and the trace that their lines name."""

import asyncio
import io
import json
from contextlib import suppress

import grpc.aio
import pytest

from sluice.host.rpc_counts import RpcCounts
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.spans import KeptSpans
from sluice.telemetry.trace_context import headers_of, of_request
from sluice.v1 import ingest_pb2
from tests.unit.build import REQUEST_ID
from tests.unit.grpc_door import serving
from tests.unit.metric_values import begun, values
from tests.unit.test_host_doors import OURS, THEIRS, Rooms, call


@pytest.mark.parametrize(
    ("method", "words", "code"),
    [
        ("UnaryUnary", "fine", "OK"),
        ("UnaryUnary", "bug", "INTERNAL"),
        ("UnaryUnary", "refuse", "ALREADY_EXISTS"),
        ("UnaryUnary", "away", "UNAVAILABLE"),
        ("StreamStream", "fine fine", "OK"),
        ("StreamStream", "fine bug", "INTERNAL"),
    ],
)
async def test_a_call_counts_once_as_it_ended(method: str, words: str, code: str) -> None:
    metrics = Metrics("test")
    async with serving(Rooms().add, metrics=metrics) as channel:
        with suppress(grpc.aio.AioRpcError):
            await call(channel, method, words)
    assert values(metrics, "sluice_rpc_total") == {(code, f"{OURS}/{method}"): 1}
    assert values(metrics, "sluice_rpc_seconds_count") == {(f"{OURS}/{method}",): 1}


async def test_who_hangs_up_is_counted_as_cancelled() -> None:
    metrics, rooms = Metrics("test"), Rooms()
    async with serving(rooms.add, metrics=metrics) as channel:
        asked = asyncio.create_task(call(channel, "UnaryUnary", "wait"))
        await rooms.begun.wait()
        asked.cancel()
        await rooms.ended.wait()
        async with asyncio.timeout(60):
            while not values(metrics, "sluice_rpc_total"):
                await asyncio.sleep(0.01)
    assert values(metrics, "sluice_rpc_total") == {("CANCELLED", f"{OURS}/UnaryUnary"): 1}


async def test_what_is_not_ours_is_not_counted() -> None:
    metrics = Metrics("test")
    async with serving(Rooms().add, metrics=metrics) as channel:
        await call(channel, "UnaryUnary", "fine", service=THEIRS)
    assert values(metrics, "sluice_rpc_total") == {}


def test_a_services_methods_begin_at_nought() -> None:
    metrics = Metrics("test")
    service = ingest_pb2.DESCRIPTOR.services_by_name["Ingest"]
    RpcCounts(metrics).begin(service.full_name)
    assert begun(metrics, "sluice_rpc_total") == 7 * len(service.methods)
    assert values(metrics, "sluice_rpc_total") == {}


@pytest.mark.parametrize("told", [True, False])
async def test_lines_about_a_call_name_its_trace(told: bool) -> None:
    said, spans = io.StringIO(), KeptSpans()
    sent = tuple((name, value.decode()) for name, value in headers_of(of_request(REQUEST_ID)))
    async with serving(Rooms().add, said=said, spans=spans if told else None) as channel:
        with pytest.raises(grpc.aio.AioRpcError):
            await call(channel, "UnaryUnary", "bug", metadata=sent)
    (line,) = [json.loads(line) for line in said.getvalue().splitlines()]
    assert (line["event"], line["trace_id"]) == ("call failed", of_request(REQUEST_ID).trace_id)
    assert line.get("span_id") == (spans.told[0].context.span_id if told else None)
