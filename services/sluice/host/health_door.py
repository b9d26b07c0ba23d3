"""The health of a service for who has no certificate: the kubelet's probes speak gRPC, and no TLS.

Its answers are those of the service's own door. There is nothing else behind it, and its calls are small and few.
"""

import grpc.aio
from grpc_health.v1 import health_pb2_grpc

from sluice.errors import FatalError
from sluice.host.readiness import Readiness
from sluice.telemetry.logging import Log

_OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 4096),
    ("grpc.max_metadata_size", 8192),
    ("grpc.max_concurrent_streams", 16),
)
_CALLS = 64
"""At once, of all connections; more get RESOURCE_EXHAUSTED."""


class HealthDoor:
    """A gRPC server with the Health service alone, without TLS."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness
        self._server: grpc.aio.Server | None = None

    async def open(self, address: str, log: Log) -> None:
        """Listens there, and says so; an empty address: nowhere. FatalError where it cannot."""
        if address:
            log.info("health's door", address=await self.start(address))

    async def start(self, address: str) -> str:
        """Listens at host:port, port 0 for any free one; returns where. FatalError where it cannot."""
        server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=_CALLS)
        health_pb2_grpc.add_HealthServicer_to_server(self._readiness.health, server)
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
