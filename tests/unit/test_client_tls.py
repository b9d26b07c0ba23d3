"""What commands show and whom they trust: everything by certificate once a folder is named."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from sluice.client_tls import open_aio_channel, open_channel, read_client_tls
from sluice.errors import ConfigError
from sluice.local.health import Health, ask_health
from sluice.local.service_authority import ServiceAuthority
from tests.unit.secure_door import LISTED, Place, listing
from tests.unit.service_folders import mounted
from tests.unit.test_host_doors import OURS, Rooms, call


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, listing(f"{OURS}/*"))


def folder_of(place: Place, tmp_path: Path, name: str = LISTED) -> dict[str, str]:
    return {"SLUICE_CLIENT_TLS_DIR": str(mounted(tmp_path / name, place.house, name).folder)}


def test_without_a_folder_it_is_plaintext() -> None:
    assert read_client_tls({}) is None


def test_a_name_alone_would_check_nothing() -> None:
    with pytest.raises(ConfigError, match="SLUICE_CLIENT_TLS_NAME needs SLUICE_CLIENT_TLS_DIR"):
        read_client_tls({"SLUICE_CLIENT_TLS_NAME": "ingest"})


async def test_a_command_shows_its_certificate(place: Place, tmp_path: Path) -> None:
    tls = read_client_tls(folder_of(place, tmp_path))
    async with place.serving(Rooms().add):
        async with open_aio_channel(place.address, tls) as channel:
            assert await call(channel, "UnaryUnary", "fine") == b"fine"

        def blocking() -> bytes:
            with open_channel(place.address, tls) as channel:
                method: Any = channel.unary_unary(f"/{OURS}/UnaryUnary")
                answer: bytes = method(b"fine", timeout=20)
            return answer

        assert await asyncio.to_thread(blocking) == b"fine"


async def test_health_is_asked_with_it(place: Place, tmp_path: Path) -> None:
    tls = read_client_tls(folder_of(place, tmp_path, "stranger"))
    async with place.serving(Rooms().add):
        await place.readiness.met("start")
        assert await asyncio.to_thread(ask_health, place.address, 20.0, tls) is Health.SERVING
        assert await asyncio.to_thread(ask_health, place.address, 0.5) is Health.UNREACHABLE


async def test_the_servers_name_is_checked(tmp_path: Path) -> None:
    place = Place(tmp_path, listing(f"{OURS}/*"))
    env = folder_of(place, tmp_path)
    place.server.issue(place.house, "server", names=[x509.DNSName("ingest.sluice.svc")])
    await place.look_now()
    async with place.serving(Rooms().add):
        for name, good in (("", False), ("other.sluice.svc", False), ("ingest.sluice.svc", True)):
            tls = read_client_tls({**env, "SLUICE_CLIENT_TLS_NAME": name})
            async with open_aio_channel(place.address, tls) as channel:
                if good:
                    assert await call(channel, "UnaryUnary", "fine", timeout=20) == b"fine"
                    continue
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await call(channel, "UnaryUnary", "fine", timeout=20)
                assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_server_in_plaintext_is_not_talked_to(tmp_path: Path) -> None:
    """Nothing is sent where somebody stands in the server's place without a certificate."""
    rooms = Rooms()
    server = grpc.aio.server()
    rooms.add(server)
    address = f"localhost:{server.add_insecure_port('localhost:0')}"
    await server.start()
    house = ServiceAuthority()
    folder = mounted(tmp_path / "me", house, LISTED).folder
    tls = read_client_tls({"SLUICE_CLIENT_TLS_DIR": str(folder)})
    async with open_aio_channel(address, tls) as channel:
        with pytest.raises(grpc.aio.AioRpcError):
            await call(channel, "UnaryUnary", "fine", timeout=5)
    await server.stop(None)
    assert not rooms.begun.is_set()


@pytest.mark.parametrize("gone", ["tls.crt", "tls.key", "ca.crt"])
def test_a_missing_file_is_named(place: Place, tmp_path: Path, gone: str) -> None:
    env = folder_of(place, tmp_path)
    (tmp_path / LISTED / gone).unlink()
    with pytest.raises(ConfigError, match=f"{gone}:1: No such file.*SLUICE_CLIENT_TLS_DIR names the folder"):
        read_client_tls(env)


def test_a_certificate_that_may_only_serve_is_refused(tmp_path: Path) -> None:
    mount = mounted(tmp_path / "me", ServiceAuthority(), "me", purposes=[ExtendedKeyUsageOID.SERVER_AUTH])
    with pytest.raises(ConfigError, match="may not call"):
        read_client_tls({"SLUICE_CLIENT_TLS_DIR": str(mount.folder)})
