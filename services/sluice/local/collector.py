"""The collector of `sluice up`: takes spans by OTLP over gRPC, keeps the newest in memory, hands them out over HTTP.

    python -m sluice.local.collector OTLP_ADDRESS HTTP_ADDRESS

A process of its own, on loopback. It takes metrics and logs as well, so that exporters are content, and forgets them.
GET /traces/ID (32 hex digits) answers the trace as OTLP/JSON, also at Jaeger's path, /api/v3/traces/ID;
GET /traces?limit=N the newest ones. What it holds is gone when it ends: to keep traces, use a tracing backend.
"""

import asyncio
import json
import re
import signal
import sys
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from sluice.errors import FatalError
from sluice.host.get_door import JSON, GetDoor, Page
from sluice.local.collector_ring import Ring
from sluice.local.otlp_json import otlp_json
from sluice.telemetry.logging import Log

NAME: Final = "collector"
MOST_MESSAGE_BYTES: Final = 4 << 20
"""Of one export; an exporter of ours sends 512 spans at once, well under 1 MiB."""
MOST_CALLS: Final = 32
"""At once, so at most 128 MiB of what is on its way."""
MOST_LISTED: Final = 1000

_LISTED: Final = 20
_STOP_SECONDS: Final = 1.0
_PREFIX: Final = "opentelemetry.proto.collector."
_ID: Final = re.compile(r"(?:/api/v3)?/traces/([0-9a-fA-F]{32})")


class Collector:
    """A ring behind two doors."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._door = GetDoor(self.page)
        self._server: grpc.aio.Server | None = None

    async def start(self, otlp: str, http: str) -> tuple[str, str]:
        """Listens at both addresses, host:port, port 0 for any free one; returns where. FatalError."""
        where = await self._door.start(http, "HTTP_ADDRESS")
        server = grpc.aio.server(
            maximum_concurrent_rpcs=MOST_CALLS,
            options=[
                ("grpc.max_receive_message_length", MOST_MESSAGE_BYTES),
                ("grpc.max_concurrent_streams", MOST_CALLS),
                ("grpc.so_reuseport", 0),
            ],
        )
        server.add_generic_rpc_handlers(self._handlers())
        alive = health.aio.HealthServicer()
        await alive.set("", health_pb2.HealthCheckResponse.SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(alive, server)
        try:
            port = server.add_insecure_port(otlp)
        except RuntimeError as error:
            await self._door.close()
            raise FatalError(f"OTLP_ADDRESS={otlp}: cannot listen there") from error
        await server.start()
        self._server = server
        return f"{otlp.rpartition(':')[0]}:{port}", where

    async def close(self) -> None:
        """Stops listening."""
        if self._server is not None:
            await self._server.stop(_STOP_SECONDS)
        await self._door.close()

    def page(self, path: str, query: str) -> Page:
        """The answer to a question over HTTP."""
        if path == "/traces":
            return self._listed(query)
        found = _ID.fullmatch(path)
        if found is None:
            return _refused(HTTPStatus.NOT_FOUND, "there are /traces/ID, 32 hex digits, and /traces?limit=N")
        traces = self._ring.find(bytes.fromhex(found[1]))
        if traces is None:
            return _refused(HTTPStatus.NOT_FOUND, "trace not found")
        return Page(HTTPStatus.OK, JSON, otlp_json(traces))

    def _listed(self, query: str) -> Page:
        said = parse_qs(query).get("limit", [str(_LISTED)])[0]
        if not (said.isascii() and said.isdecimal() and len(said) < 8):
            return _refused(HTTPStatus.BAD_REQUEST, "limit is no number")
        listed = self._ring.newest(min(int(said), MOST_LISTED))
        form = [{"traceId": each.trace_id, "spans": each.spans, "since_ms": each.since_ms} for each in listed]
        return Page(HTTPStatus.OK, JSON, json.dumps({"traces": form}).encode() + b"\n")

    def _handlers(self) -> Sequence[grpc.GenericRpcHandler]:
        async def spans(told: ExportTraceServiceRequest, _: object) -> ExportTraceServiceResponse:
            refused = self._ring.take(told)
            answer = ExportTraceServiceResponse()
            if refused:
                answer.partial_success.rejected_spans = refused
                answer.partial_success.error_message = "malformed, or too large"
            return answer

        async def metrics(_told: bytes, _: object) -> ExportMetricsServiceResponse:
            return ExportMetricsServiceResponse()

        async def logs(_told: bytes, _: object) -> ExportLogsServiceResponse:
            return ExportLogsServiceResponse()

        # Metrics and logs are not even read: their bytes stay bytes.
        return [
            _handler("trace.v1.TraceService", spans, ExportTraceServiceRequest.FromString),
            _handler("metrics.v1.MetricsService", metrics, None),
            _handler("logs.v1.LogsService", logs, None),
        ]


def _handler(service: str, export: Any, read: Any) -> grpc.GenericRpcHandler:
    # gRPC has no types for handlers and their functions.
    method: Any = grpc.unary_unary_rpc_method_handler(
        export, request_deserializer=read, response_serializer=lambda message: message.SerializeToString()
    )
    return grpc.method_handlers_generic_handler(_PREFIX + service, {"Export": method})


def _refused(status: HTTPStatus, detail: str) -> Page:
    """As Jaeger says it."""
    form = {"error": {"httpCode": status.value, "message": detail}}
    return Page(status, JSON, json.dumps(form).encode() + b"\n")


async def run(otlp: str, http: str) -> None:
    """Collects until SIGTERM or SIGINT. FatalError where it cannot listen."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    log = Log(NAME)
    collector = Collector(Ring())
    where = await collector.start(otlp, http)
    for address in where:
        log.info("listening", address=address)
    await stop.wait()
    await collector.close()
    log.info("stopped")


def main(words: Sequence[str]) -> int:
    """The process; returns its exit status."""
    otlp, http = words
    try:
        asyncio.run(run(otlp, http))
    except FatalError as error:
        sys.stderr.write(f"{NAME}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
