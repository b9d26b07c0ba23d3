"""What the client is told by its environment. Without an address nothing is ever sent."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reporter.backoff import LEASE_MS
from reporter.tipline.endpoint import Endpoint, read_endpoint
from sluice.settings import Reader

SECONDS: Final = 30
UPLOAD_SECONDS: Final = 300
MOST_SECONDS: Final = LEASE_MS // 1000 // 2
"""Of one call: see `reporter.backoff.LEASE_MS`."""


@dataclass(frozen=True, slots=True)
class TiplineSettings:
    """Where to, as whom, and how long an answer may take. The credentials are not in the repr."""

    endpoint: Endpoint
    user: str = field(repr=False)
    password: str = field(repr=False)
    ca: str = ""
    """A file with the authorities that the server's certificate comes from; empty: the system's."""
    schema: Path | None = None
    """NCMEC's schema, where it was fetched."""
    seconds: int = SECONDS
    """For an answer, from the first byte that is sent to the last that comes."""
    upload_seconds: int = UPLOAD_SECONDS


def read_tipline(env: Reader) -> TiplineSettings | None:
    """None where SLUICE_TIPLINE_URL is not set. What is wrong is told to the reader, by name."""
    url = env.text("SLUICE_TIPLINE_URL", "")
    if not url:
        return None
    endpoint: Endpoint | None = None
    try:
        endpoint = read_endpoint(url, env.flag("SLUICE_TIPLINE_SIMULATOR"))
    except ValueError as error:
        env.problem(f"SLUICE_TIPLINE_URL {error}")
    user = env.secret("SLUICE_TIPLINE_USER", "SLUICE_TIPLINE_USER_FILE")
    password = env.secret("SLUICE_TIPLINE_PASSWORD", "SLUICE_TIPLINE_PASSWORD_FILE")
    if not user or not password:
        env.problem(
            "SLUICE_TIPLINE_USER_FILE and SLUICE_TIPLINE_PASSWORD_FILE should both name files with a line of text"
        )
    if ":" in user:
        # RFC 7617: who reads it takes what is behind the first one for the password's beginning.
        env.problem("SLUICE_TIPLINE_USER_FILE, or SLUICE_TIPLINE_USER: a user's name with a colon cannot be sent")
    schema = env.file("SLUICE_TIPLINE_SCHEMA")
    settings = (
        env.file("SLUICE_TIPLINE_CA"),
        Path(schema) if schema else None,
        env.number("SLUICE_TIPLINE_SECONDS", SECONDS, 1, MOST_SECONDS),
        env.number("SLUICE_TIPLINE_UPLOAD_SECONDS", UPLOAD_SECONDS, 1, MOST_SECONDS),
    )
    return TiplineSettings(endpoint, user, password, *settings) if endpoint is not None else None
