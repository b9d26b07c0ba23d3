"""What settings make of a gRPC server: nothing in plaintext; a certificate, a guard and counters where callers are
known."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import grpc.aio
import pytest

from sluice.errors import ConfigError
from sluice.host.denials import Why
from sluice.host.door_settings import DoorSettings
from sluice.host.secured import Secured
from sluice.local.service_authority import ServiceAuthority
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.v1 import ingest_pb2
from tests.unit.metric_values import begun, values
from tests.unit.secure_door import LISTED, listing
from tests.unit.service_folders import mounted
from tests.unit.test_host_doors import OURS, Rooms, call

INGEST = ingest_pb2.DESCRIPTOR.services_by_name["Ingest"].full_name


@asynccontextmanager
async def serving(secured: Secured, metrics: Metrics) -> AsyncIterator[str]:
    doors = secured.interceptors(Log("test", stream=io.StringIO()), metrics)
    server = grpc.aio.server(interceptors=doors, options=secured.options)
    Rooms().add(server)
    address = secured.listen(server, INGEST, "localhost:0")
    await server.start()
    yield address
    await server.stop(None)


async def test_plaintext_adds_nothing() -> None:
    secured, metrics = Secured(DoorSettings()), Metrics("test")
    assert (secured.kind, list(secured.sources), list(secured.options)) == ("plaintext", [], [])
    async with serving(secured, metrics) as address, grpc.aio.insecure_channel(address) as channel:
        assert await call(channel, "UnaryUnary", "fine") == b"fine"
    assert metrics.text() == b""


async def test_with_certificates_callers_are_known_and_counted_from_the_start(tmp_path: Path) -> None:
    house, metrics = ServiceAuthority(), Metrics("test")
    (tmp_path / "peers.yaml").write_text(listing(f"{OURS}/*"))
    secured = Secured(DoorSettings(mounted(tmp_path / "tls", house, "ingest").folder, tmp_path / "peers.yaml"))
    assert secured.kind == "mTLS"
    assert [source.about for source in secured.sources] == ["grpc-certificate", "peers"]
    me = house.issue(LISTED)
    credentials = grpc.ssl_channel_credentials(house.certificate, me.key, me.certificate)
    async with serving(secured, metrics) as address, grpc.aio.secure_channel(address, credentials) as channel:
        assert await call(channel, "UnaryUnary", "fine") == b"fine"
    # Of Ingest/Prepare and of reflection.
    assert begun(metrics, "sluice_rpc_denied_total") == 2 * len(Why)
    assert values(metrics, "sluice_rpc_denied_total") == {}
    assert values(metrics, "sluice_grpc_certificate_seconds_left")[()] > 300 * 86400


async def test_connections_get_old(tmp_path: Path) -> None:
    """Each new one shows both certificates again; calls do not keep an old one for ever."""
    house = ServiceAuthority()
    (tmp_path / "peers.yaml").write_text(listing(f"{OURS}/*"))
    settings = DoorSettings(mounted(tmp_path / "tls", house, "ingest").folder, tmp_path / "peers.yaml")
    assert dict(Secured(settings).options) == {
        "grpc.max_connection_age_ms": 1_800_000,
        "grpc.max_connection_age_grace_ms": 600_000,
    }


@pytest.mark.parametrize("gone", ["tls", "peers"])
def test_files_that_are_not_there_are_named(tmp_path: Path, gone: str) -> None:
    folder = mounted(tmp_path / "tls", ServiceAuthority(), "ingest").folder
    (tmp_path / "peers.yaml").write_text("{}")
    settings = {"tls": folder, "peers": tmp_path / "peers.yaml", gone: tmp_path / "gone"}
    with pytest.raises(ConfigError, match="SLUICE_TLS_DIR" if gone == "tls" else "SLUICE_PEERS"):
        Secured(DoorSettings(**settings))  # type: ignore[arg-type] # both are paths
