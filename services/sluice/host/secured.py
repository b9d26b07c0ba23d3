"""What makes a service's gRPC server one whose callers are known: a certificate, and a list of who may call what."""

from collections.abc import Sequence
from typing import Any

import grpc.aio
from google.protobuf import descriptor_pool
from grpc_reflection.v1alpha import reflection

from sluice.host.denials import Denials
from sluice.host.door_settings import DoorSettings
from sluice.host.guard import Guard
from sluice.host.peers import watched_peers
from sluice.host.tls import CONNECTION_SECONDS, GRACE_SECONDS, Shown, tell_certificate, watched_certificate
from sluice.refreshed import Refreshable
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics


class Secured:
    """One process's. In plaintext it adds nothing to the server."""

    def __init__(self, settings: DoorSettings, connection_seconds: float = CONNECTION_SECONDS) -> None:
        """Reads the files. ConfigError with what is wrong with them. `connection_seconds`: how old one gets."""
        self._certificate = watched_certificate(settings.tls) if settings.tls else None
        self._peers = watched_peers(settings.peers) if settings.peers else None
        self._connection_ms = round(connection_seconds * 1000)
        self._shown: Shown | None = None
        self._denials: Denials | None = None

    @property
    def kind(self) -> str:
        """For the log."""
        return "mTLS" if self._certificate else "plaintext"

    @property
    def sources(self) -> Sequence[Refreshable]:
        """What is to be watched while the server runs."""
        return [source for source in (self._certificate, self._peers) if source is not None]

    @property
    def options(self) -> Sequence[tuple[str, Any]]:
        """Of the server."""
        if self._certificate is None:
            return ()
        return (
            ("grpc.max_connection_age_ms", self._connection_ms),
            ("grpc.max_connection_age_grace_ms", GRACE_SECONDS * 1000),
        )

    def interceptors(self, log: Log, metrics: Metrics) -> Sequence[grpc.aio.ServerInterceptor]:
        """What comes before every other."""
        if self._certificate is None or self._peers is None:
            return ()
        tell_certificate(self._certificate, metrics)
        self._denials = Denials(log, metrics)
        return (Guard(self._peers, self._certificate, self._denials),)

    def listen(self, server: grpc.aio.Server, service: str, address: str) -> str:
        """Opens the port; returns where. RuntimeError where it cannot. `service`: full name of the gRPC service,
        whose module has been imported, or empty."""
        if self._certificate is None:
            port = server.add_insecure_port(address)
        else:
            self._shown = Shown(self._certificate)
            port = server.add_secure_port(address, self._shown.credentials)
        if self._denials is not None:
            # From 0 on, so that the first one that is refused is an increase.
            for name in filter(None, (service, reflection.SERVICE_NAME)):
                for method in descriptor_pool.Default().FindServiceByName(name).methods:
                    self._denials.begin(f"{name}/{method.name}")
        return f"{address.rpartition(':')[0]}:{port}"
