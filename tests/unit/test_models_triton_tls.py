"""Triton behind TLS: the folder is looked at when the service starts."""

from pathlib import Path

import grpc
import grpc.aio
import pytest

from sluice.errors import ConfigError
from sluice.local.service_authority import ServiceAuthority
from sluice.models.triton_settings import TritonSettings, read_triton
from sluice.models.triton_tls import triton_credentials
from sluice.settings import Reader
from tests.unit.secure_door import LISTED, Place, listing
from tests.unit.service_folders import mounted
from tests.unit.test_host_doors import OURS, Rooms, call


def read(folder: Path) -> TritonSettings | None:
    reader = Reader({"SLUICE_TRITON_URL": "triton:8001", "SLUICE_TRITON_TLS_DIR": str(folder)})
    found = read_triton(reader)
    reader.finish()
    return found


def test_whom_to_trust_is_enough(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_bytes(ServiceAuthority().certificate)
    assert read(tmp_path) == TritonSettings("triton:8001", tls=tmp_path)


def test_with_a_certificate_there_is_its_key_too(tmp_path: Path) -> None:
    folder = mounted(tmp_path / "tls", ServiceAuthority(), "image-classifier").folder
    assert read(folder) == TritonSettings("triton:8001", tls=folder)
    (folder / "tls.key").unlink()
    with pytest.raises(ConfigError, match=r"tls\.key:1: No such file"):
        read(folder)


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_an_authority_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "ca.crt").write_bytes(content)
    with pytest.raises(ConfigError, match=r"ca\.crt:1: "):
        read(tmp_path)


async def test_a_server_that_wants_certificates_is_shown_one(tmp_path: Path) -> None:
    place = Place(tmp_path, listing(f"{OURS}/*"))
    folder = mounted(tmp_path / "me", place.house, LISTED).folder
    async with place.serving(Rooms().add):
        async with grpc.aio.secure_channel(place.address, triton_credentials(folder)) as channel:
            assert await call(channel, "UnaryUnary", "fine", timeout=20) == b"fine"
        for name in ("tls.crt", "tls.key"):
            (folder / name).unlink()
        async with grpc.aio.secure_channel(place.address, triton_credentials(folder)) as channel:
            with pytest.raises(grpc.aio.AioRpcError):
                await call(channel, "UnaryUnary", "fine", timeout=5)
