"""The certificate that a service shows on its gRPC door, taken anew from its files while the service runs.

gRPC asks for the newest one at each new connection; connections that are open keep theirs. What does not fit together
is never shown: the one before stays (`sluice.host.file_watch`).
"""

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, Final

import grpc

from sluice.refreshed import Refreshed, Version
from sluice.telemetry.metrics import Metrics
from sluice.tls_files import SERVES, Clock, TlsFiles, load_tls, read_tls, utc_now

ABOUT: Final = "grpc-certificate"
VARIABLE: Final = "SLUICE_TLS_DIR"
CONNECTION_SECONDS: Final = 1800
"""After about as long a connection is asked to make place for a new one, whose caller shows its certificate again."""
GRACE_SECONDS: Final = 600
"""For the calls that it has then: a door waits 340 s at most for what is asked (300 s for the decision, by policy,
10 s over, 30 s for the signature). A stream that lasts longer is ended."""


def watched_certificate(folder: Path, clock: Clock = utc_now) -> Refreshed[TlsFiles]:
    """The folder's certificate, for `sluice.host.file_watch`. ConfigError with what is wrong with the first one."""
    return Refreshed(
        ABOUT,
        lambda: read_tls(folder, clock),
        lambda seen: load_tls(folder, seen, VARIABLE, SERVES),
        lambda files: Version(files.serial, files.digest),
    )


def tell_certificate(certificate: Refreshed[TlsFiles], metrics: Metrics, clock: Clock = utc_now) -> None:
    """Adds how long the one in use is still good."""

    def left() -> float:
        return (certificate.value.ends - clock()).total_seconds()

    metrics.gauge_of("grpc_certificate_seconds_left", "Until the certificate of the gRPC door ends.", left)


class Shown:
    """Hands gRPC each version once. Keep it as long as the server: gRPC has no hold of its own on the credentials."""

    def __init__(self, certificate: Refreshed[TlsFiles]) -> None:
        self._certificate = certificate
        self._asking = Lock()
        self._last = certificate.value
        ask: Callable[[], Any] = self._newer
        self.credentials: grpc.ServerCredentials = grpc.dynamic_ssl_server_credentials(
            _configuration(self._last), ask, require_client_authentication=True
        )

    def _newer(self) -> Any:
        """On a thread of gRPC's, at each new connection: None where nothing has changed."""
        with self._asking:
            found = self._certificate.value
            if found is self._last:
                return None
            self._last = found
        return _configuration(found)


def _configuration(files: TlsFiles) -> Any:
    return grpc.ssl_server_certificate_configuration([(files.key, files.certificate)], files.authority)
