"""What every exporter of ours is made with: who tells, over which connection, and who speaks of its troubles."""

import logging
import threading
from typing import Final

import grpc
from opentelemetry.exporter.otlp.proto.grpc import exporter
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


class Hush(logging.Filter):
    """Hears what the exporters' library logs, and lets none of it pass: messages of others could hold anything. Of
    these the status code of a call that failed is kept, for the line of our own log."""

    def __init__(self) -> None:
        super().__init__()
        # Both exporters log by the same logger, each on a thread of its own.
        self._heard = threading.local()

    def begin(self) -> None:
        """A call begins on this thread."""
        self._heard.code = ""

    @property
    def code(self) -> str:
        """How this thread's call failed; empty where nobody said."""
        return str(getattr(self._heard, "code", ""))

    def filter(self, record: logging.LogRecord) -> bool:
        """Keeps the gRPC status code, if the record has one."""
        for value in record.args if isinstance(record.args, tuple) else ():
            if isinstance(value, grpc.StatusCode):
                self._heard.code = value.name
        return False


def hush() -> Hush:
    """Silences the library in this process, once: the same object whoever asks."""
    library = logging.getLogger("opentelemetry")
    if not library.handlers:
        library.addHandler(logging.NullHandler())
        library.propagate = False
    # Before the filters of its own: they keep back what was said within twenty seconds, whoever said it.
    heard = logging.getLogger(exporter.__name__).filters
    for found in heard:
        if isinstance(found, Hush):
            return found
    made = Hush()
    heard.insert(0, made)
    return made
