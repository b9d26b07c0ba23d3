"""Ports: free, different, and out of the way of outgoing connections."""

import multiprocessing
import socket
import tempfile
import time
from pathlib import Path

import pytest

from sluice.errors import RetryableError
from sluice.local import ports


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where ports are noted: of the test's own, since it may choose the same ones again."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


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


def few(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """There are no more than so many ports."""
    monkeypatch.setattr(ports, "HIGHEST", ports.LOWEST + count)
    monkeypatch.setattr(ports, "_TRIES", count)


def test_a_port_that_was_chosen_and_is_not_bound_yet_is_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch, 40)
    chosen = ports.free_ports(1) + ports.free_ports(5) + ports.free_ports(14)
    assert len(set(chosen)) == 20
    assert {int(line.split()[0]) for line in ports.notes().read_text().splitlines()} == set(chosen)
    assert ports.notes().stat().st_mode & 0o777 == 0o600
    # They are free again after a while; the clock may have been put back meanwhile.
    long_ago = time.time() + 2 * ports.HOLD_SECONDS
    ports.notes().write_text("".join(f"{port} {long_ago}\n" for port in chosen))
    monkeypatch.setattr(ports, "LOWEST", min(chosen))
    monkeypatch.setattr(ports, "HIGHEST", min(chosen) + 1)
    monkeypatch.setattr(ports, "_TRIES", 1)
    assert ports.free_ports(1) == [min(chosen)]
    with pytest.raises(RetryableError, match="no 1 free ports"):
        ports.free_ports(1)


def choose(count: int) -> list[int]:
    return [port for _ in range(count) for port in ports.free_ports(5)]


def test_processes_that_choose_at_once_choose_different_ones() -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        found = [port for each in pool.map(choose, [20] * 4) for port in each]
    assert len(found) == len(set(found)) == 400


@pytest.mark.parametrize("noted", ["nonsense\n", "1 2 3\n", "\0"])
def test_notes_that_cannot_be_read_are_written_anew(noted: str) -> None:
    ports.notes().write_text(noted)
    (port,) = ports.free_ports(1)
    assert ports.notes().read_text().startswith(f"{port} ")


def test_without_a_file_for_notes_ports_are_found_all_the_same(folder: Path) -> None:
    ports.notes().symlink_to(folder / "elsewhere")
    assert len(ports.free_ports(3)) == 3
    assert not (folder / "elsewhere").exists()
