"""What every exporter of ours is made with: who tells, over which connection, and who speaks of its troubles."""

import logging
from typing import Final

import grpc
from opentelemetry.sdk.resources import Resource

from sluice import __version__
from sluice.telemetry.otlp_settings import OtlpSettings

CALL_SECONDS: Final = 10.0
"""How long one call to the receiver may take, its retries included."""


def resource_of(service: str, instance: str) -> Resource:
    """Who tells: the service, its version, and which of its processes."""
    return Resource({"service.name": service, "service.version": __version__, "service.instance.id": instance})


def credentials_of(otlp: OtlpSettings) -> grpc.ChannelCredentials | None:
    """For a receiver behind TLS; None where there is none. Reads the files: OSError."""
    if not otlp.tls:
        return None
    authority, certificate, key = (
        None if path is None else path.read_bytes() for path in (otlp.authority, otlp.certificate, otlp.key)
    )
    return grpc.ssl_channel_credentials(authority, key, certificate)


def endpoint_of(otlp: OtlpSettings) -> str:
    """As the exporters take it."""
    return f"{'https' if otlp.tls else 'http'}://{otlp.target}"


def compression_of(otlp: OtlpSettings) -> grpc.Compression:
    """Said in any case: what is left out, the exporters take from the environment."""
    return grpc.Compression.Gzip if otlp.compress else grpc.Compression.NoCompression


class Hush(logging.Handler):
    """Takes what the OpenTelemetry library logs, so that none of it reaches standard error: messages of others could
    hold anything. `code`: of the last call that failed, for the line of our own log."""

    def __init__(self) -> None:
        super().__init__()
        self.code = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps the gRPC status code, if the record has one."""
        for value in record.args if isinstance(record.args, tuple) else ():
            if isinstance(value, grpc.StatusCode):
                self.code = value.name


def hush() -> Hush:
    """Silences the library in this process, once: the same handler whoever asks."""
    library = logging.getLogger("opentelemetry")
    for handler in library.handlers:
        if isinstance(handler, Hush):
            return handler
    found = Hush()
    library.addHandler(found)
    library.propagate = False
    return found
