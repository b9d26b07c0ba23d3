"""How a gRPC door is guarded: plaintext for this machine alone, or certificates and a list; never half of it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from sluice.errors import ConfigError
from sluice.host.door_settings import DoorSettings, is_loopback, read_door
from sluice.settings import Reader

HERE = "127.0.0.1:50051"
EVERYWHERE = "0.0.0.0:50051"


def read(address: str, env: Mapping[str, str]) -> DoorSettings:
    reader = Reader(env)
    found = read_door(reader, address)
    reader.finish()
    return found


def problems(address: str, env: Mapping[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        read(address, env)
    return str(caught.value)


def test_on_loopback_nothing_is_needed() -> None:
    assert read(HERE, {}) == DoorSettings()


def test_plaintext_elsewhere_is_refused_and_says_what_would_do() -> None:
    said = problems(EVERYWHERE, {})
    for name in ("SLUICE_GRPC_ADDRESS='0.0.0.0:50051'", "SLUICE_TLS_DIR", "SLUICE_PEERS", "SLUICE_GRPC_PLAINTEXT=1"):
        assert name in said
    assert problems(EVERYWHERE, {"SLUICE_GRPC_PLAINTEXT": "0"}) == said


def test_plaintext_elsewhere_where_it_is_wanted() -> None:
    assert read(EVERYWHERE, {"SLUICE_GRPC_PLAINTEXT": "1"}) == DoorSettings()


@pytest.mark.parametrize("address", [HERE, EVERYWHERE])
def test_certificates_and_a_list(address: str) -> None:
    env = {"SLUICE_TLS_DIR": "/tls", "SLUICE_PEERS": "/peers.yaml", "SLUICE_HEALTH_ADDRESS": "0.0.0.0:50052"}
    assert read(address, env) == DoorSettings(Path("/tls"), Path("/peers.yaml"), "0.0.0.0:50052")


@pytest.mark.parametrize(
    ("env", "problem"),
    [
        ({"SLUICE_TLS_DIR": "/tls"}, "SLUICE_PEERS is not set"),
        ({"SLUICE_PEERS": "/peers.yaml"}, "SLUICE_PEERS needs SLUICE_TLS_DIR"),
        (
            {"SLUICE_TLS_DIR": "/tls", "SLUICE_PEERS": "/p", "SLUICE_GRPC_PLAINTEXT": "1"},
            "SLUICE_GRPC_PLAINTEXT=1 and SLUICE_TLS_DIR contradict each other",
        ),
        ({"SLUICE_GRPC_PLAINTEXT": "yes"}, "SLUICE_GRPC_PLAINTEXT='yes'"),
        ({"SLUICE_HEALTH_ADDRESS": "50052"}, "SLUICE_HEALTH_ADDRESS='50052' should be host:port"),
    ],
)
def test_half_of_it_is_refused(env: Mapping[str, str], problem: str) -> None:
    assert problem in problems(HERE, env)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:0",
        "127.8.8.8:1",
        "localhost:1",
        "[::1]:1",
        "[::ffff:127.0.0.1]:1",
        "ipv4:127.0.0.1:1",
        "ipv6:[::1]:1",
        "dns:///localhost:1",
        "unix:/run/sluice.sock",
        "unix-abstract:sluice",
    ],
)
def test_what_only_this_machine_reaches(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0:1",
        "[::]:1",
        "10.0.0.1:1",
        "[::ffff:10.0.0.1]:1",
        "[::ffff:0.0.0.0]:1",
        "localhost.example.org:1",
        "notlocalhost:1",
        "ipv4:127.0.0.1:1,0.0.0.0:1",
        "dns://8.8.8.8/localhost:1",
        "0:1",
        ":1",
        "1",
        "",
        "vsock:1:1",
        "127.0.0.1.example.org:1",
    ],
)
def test_what_others_reach_or_nobody_can_tell(address: str) -> None:
    assert not is_loopback(address)
