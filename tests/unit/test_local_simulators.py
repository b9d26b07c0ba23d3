"""The simulators of a stack: where they are found, what a reporter is told, and that they come back."""

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sluice.errors import ConfigError, NotReadyError
from sluice.local import simulators
from sluice.local.health import Health
from sluice.local.simulators import Simulator, ask_simulator, reporter_told, simulators_folder

ROOT = Path(__file__).parents[2]
AT = "http://127.0.0.1:7"


def wait_until(true: Callable[[], bool], log: Path) -> None:
    give_up = time.monotonic() + 60
    while not true():
        assert time.monotonic() < give_up, log.read_text()
        time.sleep(0.05)


@pytest.fixture
def simulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """Started where a folder of the working directory has its package's name."""
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    monkeypatch.chdir(tmp_path)
    found = Simulator(ROOT, os.environ, tmp_path / "cybertipline.log")
    yield found
    found.stop()


def test_they_are_found_in_the_checkout() -> None:
    assert simulators_folder({"SLUICE_TIPLINE_URL": ""}) == ROOT


def test_a_tip_line_of_ones_own_is_never_replaced() -> None:
    with pytest.raises(ConfigError, match="SLUICE_TIPLINE_URL is set"):
        simulators_folder({"SLUICE_TIPLINE_URL": "https://exttest.cybertip.org/ispws"})


def test_without_a_checkout_the_way_to_one_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulators, "checkout", lambda: None)
    with pytest.raises(NotReadyError, match="in a checkout of Sluice"):
        simulators_folder({})


def test_a_reporter_is_told_where_it_is_and_an_identity() -> None:
    told = reporter_told(AT, {"PATH": "/bin"})
    assert told["SLUICE_TIPLINE_URL"] == f"{AT}/ispws"
    assert (told["SLUICE_TIPLINE_USER"], told["SLUICE_TIPLINE_PASSWORD"]) == ("simulator", "simulator")
    assert told["SLUICE_REPORTER_GATHER_SECONDS"] == "5"
    assert all(told[f"SLUICE_REPORTER_{name}"] for name in ("FIRST_NAME", "LAST_NAME", "EMAIL", "SERVICE"))
    assert "SLUICE_REPORTER_HOLD" not in told
    assert told["PATH"] == "/bin"


def test_nobodys_credentials_go_to_it_and_what_else_is_set_stays() -> None:
    env = {"SLUICE_REPORTER_GATHER_SECONDS": "60", "SLUICE_REPORTER_EMAIL": "ts@example.com"}
    others = {"SLUICE_TIPLINE_USER_FILE": "/u", "SLUICE_TIPLINE_PASSWORD_FILE": "/p", "SLUICE_TIPLINE_CA": "/ca"}
    told = reporter_told(AT, {**env, **others, "SLUICE_TIPLINE_USER": "us", "SLUICE_TIPLINE_SECONDS": "7"})
    assert told.items() >= env.items()
    assert told.keys().isdisjoint(others)
    assert (told["SLUICE_TIPLINE_USER"], told["SLUICE_TIPLINE_SECONDS"]) == ("simulator", "7")


def test_it_lives_dies_and_comes_back_where_it_was(simulator: Simulator, tmp_path: Path) -> None:
    log = tmp_path / "cybertipline.log"
    before = simulator.at
    wait_until(lambda: ask_simulator(before.address) is Health.SERVING, log)
    with urllib.request.urlopen(f"{before.address}/_simulator/reports", timeout=5) as answer:
        assert json.load(answer) == []
    os.kill(before.pid, signal.SIGKILL)
    said: list[str] = []

    def is_back() -> bool:
        said.extend(simulator.kept.tend())
        return "cybertipline is back" in "\n".join(said)

    wait_until(is_back, log)
    assert "cybertipline was ended by SIGKILL" in said[0]
    after = simulator.at
    assert (after.address, after.restarts, after.pid == before.pid) == (before.address, 1, False)
    simulator.stop()
    assert simulator.kept.process.exit_code() == 0
    assert ask_simulator(after.address) is Health.UNREACHABLE
