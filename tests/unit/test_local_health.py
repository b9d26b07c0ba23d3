"""Whether somebody is there, as `sluice status` asks it."""

import socket
from collections.abc import Iterator

import pytest

from sluice.local.health import Health, ask_health, ask_kafka
from sluice.local.ports import LOOPBACK, free_ports


@pytest.fixture
def listening() -> Iterator[str]:
    """An address where connections are accepted, and nothing is said."""
    with socket.create_server((LOOPBACK, 0)) as server:
        yield f"{LOOPBACK}:{server.getsockname()[1]}"


@pytest.fixture
def deserted() -> str:
    """An address where nobody is."""
    return f"{LOOPBACK}:{free_ports(1)[0]}"


def test_a_broker_is_there_or_not(listening: str, deserted: str) -> None:
    assert ask_kafka(listening) is Health.SERVING
    assert ask_kafka(deserted) is Health.UNREACHABLE
    assert ask_kafka("no address") is Health.UNREACHABLE


def test_one_broker_of_several_is_enough(listening: str, deserted: str) -> None:
    assert ask_kafka(f"{deserted}, {listening}") is Health.SERVING


def test_a_service_that_says_nothing_is_not_reachable(listening: str, deserted: str) -> None:
    assert ask_health(listening, 0.2) is Health.UNREACHABLE
    assert ask_health(deserted, 0.2) is Health.UNREACHABLE
