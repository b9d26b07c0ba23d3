"""The collector's two doors, over real sockets."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from sluice.cli.trace_spans import read_trace
from sluice.errors import FatalError
from sluice.host.get_door import Page
from sluice.local.collector import MOST_LISTED, MOST_MESSAGE_BYTES, Collector
from sluice.local.collector_ring import Ring
from tests.trace_samples import wire

TRACE, SPAN = bytes(range(16)), bytes(range(8))
ID = TRACE.hex()
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
Call = Callable[..., Awaitable[bytes]]


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Collector, grpc.aio.Channel]]:
    collector = Collector(Ring())
    otlp, _ = await collector.start("127.0.0.1:0", "127.0.0.1:0")
    async with grpc.aio.insecure_channel(otlp) as channel:
        try:
            yield collector, channel
        finally:
            await collector.close()


async def export(
    channel: grpc.aio.Channel,
    told: ExportTraceServiceRequest,
    compression: grpc.Compression = grpc.Compression.NoCompression,
) -> ExportTraceServiceResponse:
    call: Call = channel.unary_unary(EXPORT)
    return ExportTraceServiceResponse.FromString(await call(told.SerializeToString(), compression=compression))


def said(page: Page) -> object:
    return json.loads(page.body)


async def test_spans_come_in_by_otlp_and_go_out_as_json() -> None:
    async with opened() as (collector, channel):
        answer = await export(channel, wire(TRACE, SPAN, "work", "svc"))
        assert not answer.HasField("partial_success")
        for path in (f"/traces/{ID}", f"/traces/{ID.upper()}", f"/api/v3/traces/{ID}"):
            page = collector.page(path, "raw_traces=true")
            assert page.status is HTTPStatus.OK
            (span,) = read_trace(page.body, ID)
            assert (span.name, span.service) == ("work", "svc")


async def test_spans_that_are_refused_are_counted_for_the_sender() -> None:
    async with opened() as (_, channel):
        answer = await export(channel, wire(b"short", SPAN))
        assert answer.partial_success.rejected_spans == 1


async def test_metrics_and_logs_are_taken_and_forgotten() -> None:
    async with opened() as (collector, channel):
        for service in ("metrics.v1.MetricsService", "logs.v1.LogsService"):
            call: Call = channel.unary_unary(f"/opentelemetry.proto.collector.{service}/Export")
            # An answer that says nothing: all is well.
            assert await call(b"anything") == b""
        assert said(collector.page("/traces", "")) == {"traces": []}


async def test_it_is_healthy() -> None:
    async with opened() as (_, channel):
        call: Call = channel.unary_unary("/grpc.health.v1.Health/Check")
        answer = health_pb2.HealthCheckResponse.FromString(await call(b""))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_a_message_that_is_too_large_is_refused_also_where_it_was_small(compression: grpc.Compression) -> None:
    async with opened() as (collector, channel):
        large = wire(TRACE, SPAN, "x" * (MOST_MESSAGE_BYTES + 1))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await export(channel, large, compression)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert said(collector.page("/traces", "")) == {"traces": []}


async def test_bytes_that_are_no_message_are_refused() -> None:
    async with opened() as (_, channel):
        call: Call = channel.unary_unary(EXPORT)
        with pytest.raises(grpc.aio.AioRpcError):
            await call(b"\xff" * 100)
        assert (await export(channel, wire(TRACE, SPAN))) is not None


async def test_the_newest_are_listed_first_and_so_many() -> None:
    async with opened() as (collector, channel):
        for number in range(1, 40):
            await export(channel, wire(number.to_bytes(16), SPAN))
        for query, count in (("", 20), ("limit=3", 3), ("limit=0", 0), ("limit=9999999", 39)):
            listed = said(collector.page("/traces", query))
            assert isinstance(listed, dict)
            ids = [each["traceId"] for each in listed["traces"]]
            assert ids == [number.to_bytes(16).hex() for number in range(39, 39 - count, -1)]
        assert MOST_LISTED < 10_000


@pytest.mark.parametrize("query", ["limit=-1", "limit=all", "limit=1e3", f"limit={'9' * 400}", "limit=%31%30%30%F0"])
async def test_a_limit_that_is_no_number_is_refused(query: str) -> None:
    assert Collector(Ring()).page("/traces", query).status is HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    "path", ["/", "", "/traces/", "/traces/xyz", f"/traces/{ID}/", f"/traces/{ID}a", f"/v3/traces/{ID}"]
)
async def test_other_paths_are_none(path: str) -> None:
    assert Collector(Ring()).page(path, "").status is HTTPStatus.NOT_FOUND


async def test_a_trace_that_is_not_there_is_said_as_jaeger_says_it() -> None:
    page = Collector(Ring()).page(f"/traces/{ID}", "")
    assert page.status is HTTPStatus.NOT_FOUND
    assert said(page) == {"error": {"httpCode": 404, "message": "trace not found"}}


async def test_an_address_that_is_taken_is_said() -> None:
    first, second = Collector(Ring()), Collector(Ring())
    otlp, http = await first.start("127.0.0.1:0", "127.0.0.1:0")
    for where, name in (((otlp, "127.0.0.1:0"), "OTLP_ADDRESS"), (("127.0.0.1:0", http), "HTTP_ADDRESS")):
        with pytest.raises(FatalError, match=name):
            await second.start(*where)
    await first.close()
