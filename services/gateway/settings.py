"""What the service is told."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.keys import is_secret
from sluice.settings import Reader
from sluice.sql.database import read_database

ADDRESS: Final = "SLUICE_GATEWAY_ADDRESS"
MOST_BODY: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """`address`: host:port of the HTTP door. `orchestrator`, `ingest`: host:port of their gRPC doors.

    `database`: a path or `postgresql://...`. `seed`: a first key for local use, or empty. `max_body`: bytes of one
    request's body. `deadline_ms`: what a moderation asks for; 0: the policy's. `seconds`: how long a call waits for
    its decision at most. `max_pending`: requests that nobody waits for, `max_streams`: streams of events, at once.
    `ready_checks`: it is not ready while a check that the policy requires is not there.
    """

    address: str
    orchestrator: str
    ingest: str
    database: str = field(repr=False)
    seed: str = field(default="", repr=False)
    max_body: int = 28 << 20
    deadline_ms: int = 0
    seconds: int = 30
    max_pending: int = 1000
    max_streams: int = 200
    ready_checks: bool = True


def read_gateway_settings(reader: Reader, home: Path) -> GatewaySettings:
    """SLUICE_GATEWAY_ADDRESS, SLUICE_ORCHESTRATOR_ADDRESS, SLUICE_INGEST_ADDRESS, SLUICE_GATEWAY_DB, SLUICE_API_KEY,
    SLUICE_GATEWAY_MAX_BODY, SLUICE_GATEWAY_DEADLINE_MS, SLUICE_GATEWAY_SECONDS, SLUICE_GATEWAY_MAX_PENDING,
    SLUICE_GATEWAY_MAX_STREAMS, SLUICE_GATEWAY_READY_CHECKS.

    The caller calls `reader.finish()`."""
    seed = reader.secret("SLUICE_API_KEY", "SLUICE_API_KEY_FILE")
    if seed and not is_secret(seed):
        reader.problem(
            "SLUICE_API_KEY should be `sk-sluice-` and 43 characters of base64url: `sluice keys new` prints one"
        )
    return GatewaySettings(
        address=reader.address(ADDRESS, "127.0.0.1:8080"),
        orchestrator=_needed(reader, "SLUICE_ORCHESTRATOR_ADDRESS"),
        ingest=_needed(reader, "SLUICE_INGEST_ADDRESS"),
        database=read_database(reader, "SLUICE_GATEWAY_DB", home / "gateway.db"),
        seed=seed,
        max_body=reader.number("SLUICE_GATEWAY_MAX_BODY", 28 << 20, least=1 << 10, most=MOST_BODY),
        deadline_ms=reader.number("SLUICE_GATEWAY_DEADLINE_MS", 0, least=0, most=300_000),
        seconds=reader.number("SLUICE_GATEWAY_SECONDS", 30, most=600),
        max_pending=reader.number("SLUICE_GATEWAY_MAX_PENDING", 1000, most=100_000),
        max_streams=reader.number("SLUICE_GATEWAY_MAX_STREAMS", 200, most=10_000),
        ready_checks=reader.flag("SLUICE_GATEWAY_READY_CHECKS", default=True),
    )


def _needed(reader: Reader, name: str) -> str:
    """A gRPC target: host:port, or dns:///host:port."""
    target = reader.text(name)
    if target and not target.removeprefix("dns:///").rpartition(":")[2].isdecimal():
        reader.problem(f"{name}={target!r} should be host:port, or dns:///host:port")
    return target
