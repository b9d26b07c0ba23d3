"""Where telemetry is sent: OpenTelemetry's own variables, those that this project heeds.

What they mean: https://opentelemetry.io/docs/specs/otel/protocol/exporter/. Everything is read here and handed to the
exporters, so that what is wrong is said at the start, with the name of the variable.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from sluice.settings import Reader

_PORT: Final = 4317
_HIGHEST_PORT: Final = 65535
_ENDPOINT: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-fA-F:.]+\]|[^/?#@\s:\[\]]+)(?::(?P<port>[0-9]{0,5}))?/?"
)
_FILES: Final = (
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
)


@dataclass(frozen=True, slots=True)
class OtlpSettings:
    """Where spans and metrics are sent, by OTLP over gRPC. `target`: host:port, empty for nowhere.

    `headers`: metadata of every call, which may hold secrets. Files are PEM; `authority` None: gRPC's own roots.
    """

    target: str = ""
    tls: bool = False
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    compress: bool = False


def read_otlp(reader: Reader) -> OtlpSettings:
    """Nowhere, unless OTEL_EXPORTER_OTLP_ENDPOINT is set. Problems are collected by the reader."""
    name = "OTEL_EXPORTER_OTLP_ENDPOINT"
    raw = reader.text(name, "")
    if not raw:
        return OtlpSettings()
    found = _ENDPOINT.fullmatch(raw)
    port = int(found["port"] or _PORT) if found else 0
    if found is None or not 0 < port <= _HIGHEST_PORT:
        # The value is not repeated: it may hold a password.
        reader.problem(f"{name} should be http://host:port, or https://host:port for TLS")
        return OtlpSettings()
    # The only one there is; another one that is asked for would fail at the receiver, without a word here.
    reader.choice("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", ("grpc",))
    files = {name: reader.path(name, Path()) if reader.text(name, "") else None for name in _FILES}
    for name, path in files.items():
        if path is not None and not path.is_file():
            reader.problem(f"{name}: there is no file {path}")
    authority, certificate, key = files.values()
    if (certificate is None) != (key is None):
        reader.problem(f"{_FILES[1]} and {_FILES[2]} go together")
    return OtlpSettings(
        target=f"{found['host']}:{port}",
        tls=found["scheme"] == "https",
        headers=_headers(reader, "OTEL_EXPORTER_OTLP_HEADERS"),
        authority=authority,
        certificate=certificate,
        key=key,
        compress=reader.choice("OTEL_EXPORTER_OTLP_COMPRESSION", "none", ("none", "gzip")) == "gzip",
    )


def _headers(reader: Reader, name: str) -> tuple[tuple[str, str], ...]:
    """`key=value` with commas, values percent-encoded."""
    pairs = [piece.partition("=") for piece in reader.text(name, "").split(",") if piece.strip()]
    found = tuple((key.strip().lower(), unquote(value.strip())) for key, _, value in pairs)
    for key, value in found:
        if not re.fullmatch(r"[a-z0-9_.\-]+(?<!-bin)", key) or not re.fullmatch(r"[\x20-\x7e]+", value):
            reader.problem(f"{name} should be key=value with commas between, values percent-encoded")
            return ()
    return found
