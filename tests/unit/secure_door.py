"""A gRPC server whose callers show certificates, in this process, and callers of it."""

import asyncio
import io
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc
import grpc.aio
from cryptography import x509
from grpc_health.v1 import health_pb2_grpc

from sluice.host.denials import Denials
from sluice.host.doors import Doors
from sluice.host.file_watch import FileWatch
from sluice.host.guard import Guard
from sluice.host.peers import watched_peers
from sluice.host.readiness import Readiness
from sluice.host.tls import Shown, tell_certificate, watched_certificate
from sluice.local.service_authority import Issued, ServiceAuthority, identity_of
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.tls_files import Clock, utc_now
from tests.unit.service_folders import Mount, mounted

LISTED, UNLISTED = "gateway", "stranger"


class Place:
    """An authority, the server's folder, and its list of peers."""

    def __init__(self, folder: Path, peers: str, clock: Clock = utc_now) -> None:
        """`clock`: of the server."""
        self.house = ServiceAuthority()
        self.clock = clock
        self.server: Mount = mounted(folder / "server", self.house, "server")
        self.peers = folder / "peers.yaml"
        self.peers.write_text(peers)
        self.said = io.StringIO()
        self.log = Log("test", stream=self.said)
        self.metrics = Metrics("test")
        self.readiness = Readiness("", self.log)
        self.certificate = watched_certificate(self.server.folder, clock)
        self.list = watched_peers(self.peers)
        self.address = ""
        sources = (self.certificate, self.list)
        self.watches = [FileWatch(each, self.log, self.readiness, self.metrics, 0.01, 0.01) for each in sources]
        tell_certificate(self.certificate, self.metrics, clock)

    def look(self) -> None:
        """The files are looked at once. Outside of a running loop."""
        for watch in self.watches:
            asyncio.run(watch.look())

    async def look_now(self) -> None:
        """The same, inside of one."""
        for watch in self.watches:
            await watch.look()

    @asynccontextmanager
    async def serving(
        self, add: Callable[[grpc.aio.Server], None], connection_ms: int = 0
    ) -> AsyncIterator[grpc.aio.Server]:
        """`add` adds the services; health is there, too. `connection_ms`: how old a connection gets; 0: any age."""
        options = [("grpc.max_connection_age_ms", connection_ms)] if connection_ms else []
        guard = Guard(self.list, self.certificate, Denials(self.log, self.metrics), self.clock)
        server = grpc.aio.server(interceptors=[guard, Doors(self.log)], options=options)
        health_pb2_grpc.add_HealthServicer_to_server(self.readiness.health, server)
        add(server)
        shown = Shown(self.certificate)
        self.address = f"localhost:{server.add_secure_port('localhost:0', shown.credentials)}"
        await server.start()
        try:
            yield server
        finally:
            await server.stop(None)
            del shown

    def channel(self, name: str = LISTED, **how: Any) -> grpc.aio.Channel:
        """A caller with a certificate of this authority. `how`: as `ServiceAuthority.issue` takes it."""
        return self.channel_with(self.house.issue(name, **how))

    def channel_with(self, issued: Issued | None, trusts: bytes = b"") -> grpc.aio.Channel:
        """A caller with this certificate, or none. `trusts`: instead of the server's authority."""
        key, certificate = (issued.key, issued.certificate) if issued else (None, None)
        credentials = grpc.ssl_channel_credentials(trusts or self.house.certificate, key, certificate)
        # Each caller has connections of its own.
        return grpc.aio.secure_channel(self.address, credentials, options=[("grpc.use_local_subchannel_pool", 1)])


async def shown_at(address: str, trusts: bytes, caller: Issued) -> x509.Certificate:
    """The certificate that a new connection is shown."""
    return await asyncio.to_thread(_shown_at, address, trusts, caller)


def _shown_at(address: str, trusts: bytes, caller: Issued) -> x509.Certificate:
    context = ssl.create_default_context(cadata=trusts.decode())
    context.set_alpn_protocols(["h2"])
    with TemporaryDirectory() as folder:
        both = Path(folder) / "both.pem"
        both.write_bytes(caller.certificate + caller.key)
        context.load_cert_chain(both)
    host, _, port = address.rpartition(":")
    with (
        socket.create_connection((host, int(port))) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        der = secure.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der)


def listing(*methods: str) -> str:
    """A list that lets `LISTED` call these."""
    return "\n".join(f"{method}: [{identity_of(LISTED)}]" for method in methods) + "\n"
