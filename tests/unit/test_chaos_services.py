"""Who starts again what has ended, and knows whether somebody caused that. The processes are real."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.services import Ending, Supervisor
from tests.unit.chaos_processes import supervisor, wait_for

Pair = tuple[Supervisor, list[Ending]]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Pair]:
    made, endings = supervisor(tmp_path)
    yield made, endings
    for replica in made.replicas:
        replica.kill()


def test_what_was_killed_is_started_again_and_its_end_was_expected(watched: Pair) -> None:
    made, endings = watched
    replica = made.add("sleeper", "0")
    replica.kill()
    wait_for(lambda: replica.starts == 2, made.tick)
    assert replica.running
    assert [(ending.name, ending.expected) for ending in endings] == [("sleeper-0", True)]


def test_an_end_that_nobody_caused_is_told_and_waits_longer_each_time(watched: Pair) -> None:
    made, endings = watched
    replica = made.add("failing", "0")
    wait_for(lambda: len(endings) == 1, made.tick)
    first = replica.due - time.monotonic()
    wait_for(lambda: len(endings) == 3, made.tick)
    assert replica.due - time.monotonic() > first
    assert not any(ending.expected for ending in endings)
    assert "exited with status 1: no" in endings[0].how


def test_what_died_of_a_stranger_was_not_expected(watched: Pair) -> None:
    made, endings = watched
    replica = made.add("sleeper", "0")
    replica.send(signal.SIGKILL)
    wait_for(lambda: bool(endings), made.tick)
    assert not endings[0].expected


def test_who_stops_when_told_to_is_started_again(watched: Pair) -> None:
    made, endings = watched
    for service in ("orderly", "sleeper"):
        replica = made.add(service, "0")
        time.sleep(0.3)
        replica.terminate()
        wait_for(lambda replica=replica: replica.starts == 2, made.tick)  # type: ignore[misc]
    assert [ending.expected for ending in endings] == [True, True]


def test_who_does_not_stop_is_killed_and_told_of(watched: Pair) -> None:
    made, endings = watched
    replica = made.add("stubborn", "0")
    wait_for(lambda: replica.process is not None and "deaf" in replica.process.log.read_text(), made.tick)
    replica.terminate()
    made.tick()
    assert replica.running
    replica.stop_by = time.monotonic() - 1
    wait_for(lambda: replica.starts == 2, made.tick)
    assert [ending.expected for ending in endings] == [False, True]
    assert "did not stop" in endings[0].how


def test_who_leaves_is_not_started_again(watched: Pair) -> None:
    made, _ = watched
    staying, leaving = made.add("sleeper", "0"), made.add("sleeper", "1")
    leaving.leaving = True
    assert made.of("sleeper") == [staying]
    leaving.terminate()
    wait_for(lambda: made.replicas == [staying], made.tick)


def test_who_leaves_after_its_end_is_not_started_again_either(watched: Pair) -> None:
    made, endings = watched
    replica = made.add("sleeper", "0")
    replica.kill()
    wait_for(lambda: bool(endings), made.tick)
    replica.leaving = True
    replica.terminate()
    wait_for(lambda: not made.replicas, made.tick)
    assert replica.starts == 1


def test_an_armed_replica_runs_under_what_kills_it_and_only_once(watched: Pair) -> None:
    made, _ = watched
    replica = made.add("sleeper", "0")
    replica.armed = (1, 600.0)
    replica.kill()
    wait_for(lambda: replica.starts == 2, made.tick)
    assert replica.process is not None
    command = Path(f"/proc/{replica.process.pid}/cmdline")
    # Empty for the moment in which the kernel puts the program in place, although it counts as started.
    wait_for(lambda: command.read_bytes() != b"", lambda: None)
    assert b"dies_at.py\x001\x00600.0\x00sleeper" in command.read_bytes()
    assert replica.caused
    assert replica.armed is None


def test_at_the_end_all_are_stopped_even_the_frozen(watched: Pair) -> None:
    made, _ = watched
    frozen = made.add("orderly", "0")
    time.sleep(0.3)
    frozen.send(signal.SIGSTOP)
    assert made.stop() == []
    assert not frozen.running
