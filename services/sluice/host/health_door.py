"""The health of a service for who has no certificate: the kubelet's probes speak gRPC, and no TLS.

Its answers are those of the service's own door, to Check alone: whoever reaches this port proves nothing, and a Watch
would never end. Nobody can hold the door against the probes: a call lasts two seconds at most, one address has so
many in hand, and those that do nothing lose their connection.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, Final

import grpc.aio
from grpc_health.v1 import health_pb2

from sluice.errors import FatalError
from sluice.host.peers import HEALTH
from sluice.host.readiness import Readiness
from sluice.telemetry.logging import Log

CALL_SECONDS: Final = 2.0
"""How long a call may take to bring its message."""
CALLS_OF_ONE: Final = 16
"""At once, of one address; more get RESOURCE_EXHAUSTED."""

_CALLS = 1024
"""At once, of all addresses."""
_OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 4096),
    ("grpc.max_metadata_size", 8192),
    ("grpc.max_concurrent_streams", CALLS_OF_ONE),
    ("grpc.max_connection_idle_ms", 60_000),
    ("grpc.max_connection_age_ms", 600_000),
    ("grpc.max_connection_age_grace_ms", 5_000),
)
_Context = grpc.aio.ServicerContext[Any, Any]


class HealthDoor:
    """A gRPC server with Health's Check alone, without TLS."""

    def __init__(self, readiness: Readiness, call_seconds: float = CALL_SECONDS) -> None:
        self._readiness = readiness
        self._call_seconds = call_seconds
        self._in_hand: Counter[str] = Counter()
        self._server: grpc.aio.Server | None = None

    async def open(self, address: str, log: Log) -> None:
        """Listens there, and says so; an empty address: nowhere. FatalError where it cannot."""
        if address:
            log.info("health's door", address=await self.start(address))

    async def start(self, address: str) -> str:
        """Listens at host:port, port 0 for any free one; returns where. FatalError where it cannot."""
        server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=_CALLS)
        # As a stream: gRPC itself would wait for the one message for as long as it does not come.
        check = grpc.stream_unary_rpc_method_handler(
            self._check,
            request_deserializer=health_pb2.HealthCheckRequest.FromString,
            response_serializer=health_pb2.HealthCheckResponse.SerializeToString,
        )
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(HEALTH, {"Check": check}),))
        try:
            port = server.add_insecure_port(address)
        except RuntimeError as error:
            raise FatalError(f"cannot listen at {address}; SLUICE_HEALTH_ADDRESS names it") from error
        self._server = server
        await server.start()
        return f"{address.rpartition(':')[0]}:{port}"

    async def close(self) -> None:
        """Ends it with every call, where it began."""
        if self._server is not None:
            await self._server.stop(None)

    async def _check(self, asked: AsyncIterator[Any], context: _Context) -> Any:
        caller = context.peer().rpartition(":")[0]
        if self._in_hand[caller] >= CALLS_OF_ONE:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many calls of one address")
        self._in_hand[caller] += 1
        try:
            async with asyncio.timeout(self._call_seconds):
                question = await anext(aiter(asked), None)
        except TimeoutError:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "a call without a message")
        finally:
            self._in_hand[caller] -= 1
            if not self._in_hand[caller]:
                del self._in_hand[caller]
        if question is None:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a call without a message")
        return await self._readiness.health.Check(question, context)
