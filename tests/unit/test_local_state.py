"""What is known of a running stack, and when it is not believed."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from sluice.errors import NotReadyError
from sluice.local.state import STATE_FILE, Running, ServiceAt, claim, forget, is_claimed, publish, read_running

RUNNING = Running(
    pid=os.getpid(),
    started="2026-11-01T12:00:00+00:00",
    kafka="127.0.0.1:9092",
    object_store="file:///objects",
    certificates="/certs",
    services={"ingest": ServiceAt("127.0.0.1:4000", 17)},
)


def test_a_running_stack_is_read_as_it_was_written(tmp_path: Path) -> None:
    lock = claim(tmp_path)
    assert read_running(tmp_path) is None
    publish(tmp_path, RUNNING)
    assert read_running(tmp_path) == RUNNING
    forget(tmp_path)
    assert read_running(tmp_path) is None
    assert is_claimed(tmp_path)
    lock.release()
    assert not is_claimed(tmp_path)


def test_the_file_is_for_other_programs_too(tmp_path: Path) -> None:
    lock = claim(tmp_path)
    publish(tmp_path, RUNNING)
    found = json.loads((tmp_path / STATE_FILE).read_text())
    at = {"address": "127.0.0.1:4000", "pid": 17, "restarts": 0, "ops": "", "http": ""}
    assert found["services"] == {"ingest": at}
    lock.release()


def test_a_collector_is_read_as_it_was_written(tmp_path: Path) -> None:
    lock = claim(tmp_path)
    with_one = replace(RUNNING, collector=ServiceAt("127.0.0.1:5000", 18, 2, http="127.0.0.1:5001"))
    publish(tmp_path, with_one)
    assert read_running(tmp_path) == with_one
    assert json.loads((tmp_path / STATE_FILE).read_text())["collector"]["http"] == "127.0.0.1:5001"
    lock.release()


def test_simulators_are_read_as_they_were_written(tmp_path: Path) -> None:
    lock = claim(tmp_path)
    with_one = replace(RUNNING, simulators={"cybertipline": ServiceAt("http://127.0.0.1:5002", 19, 1)})
    publish(tmp_path, with_one)
    assert read_running(tmp_path) == with_one
    found = json.loads((tmp_path / STATE_FILE).read_text())["simulators"]["cybertipline"]
    assert (found["address"], found["pid"]) == ("http://127.0.0.1:5002", 19)
    lock.release()


def test_a_second_stack_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    lock = claim(tmp_path)
    with pytest.raises(NotReadyError, match="still starting"):
        claim(tmp_path)
    publish(tmp_path, RUNNING)
    with pytest.raises(NotReadyError, match=f"process {os.getpid()}, since 2026-11-01"):
        claim(tmp_path)
    lock.release()


def test_a_file_left_behind_by_a_dead_stack_is_stale_even_with_a_living_pid(tmp_path: Path) -> None:
    publish(tmp_path, RUNNING)
    assert read_running(tmp_path) is None
    lock = claim(tmp_path)
    assert not (tmp_path / STATE_FILE).exists()
    lock.release()


def test_nothing_runs_in_a_home_that_is_not_there(tmp_path: Path) -> None:
    assert read_running(tmp_path / "none") is None
    assert not (tmp_path / "none").exists()
