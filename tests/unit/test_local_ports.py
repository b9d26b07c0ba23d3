"""Ports: free, different, and out of the way of outgoing connections."""

import socket

import pytest

from sluice.errors import RetryableError
from sluice.local import ports


def test_ports_are_different_and_below_those_of_outgoing_connections() -> None:
    found = ports.free_ports(20)
    assert len(set(found)) == 20
    assert all(ports.LOWEST <= port < 32_768 for port in found)


def test_a_port_that_somebody_listens_on_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        taken = server.getsockname()[1]
        assert ports.listens(taken, 1.0)
        monkeypatch.setattr(ports, "LOWEST", taken)
        monkeypatch.setattr(ports, "HIGHEST", taken + 1)
        monkeypatch.setattr(ports, "_TRIES", 1)
        with pytest.raises(RetryableError, match="no 1 free ports"):
            ports.free_ports(1)
    assert not ports.listens(taken, 1.0)
