"""`sluice up` as a process among processes: with a real broker, and services that live and die as told."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import grpc
import pytest

from sluice.bus.create_topics import describe
from sluice.bus.topics import Topic
from sluice.errors import NotReadyError
from sluice.local import stack as stack_module
from sluice.local.health import Health, ask_health
from sluice.local.state import STATE_FILE, Running, is_claimed, read_running
from sluice.local.temporary import temporary
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import Decision
from sluice.v1.request_pb2 import Request
from tests.integration import tiny_stack
from tests.integration.client import Client, action, ask, prompt
from tests.integration.quick_start import quick_broker

STOP_SECONDS = 60
"""A stack promises 20. On a machine that does something else meanwhile, it takes longer than it means to."""


class Up:
    """A running `up`, and what it says."""

    def __init__(self, home: Path, process: "subprocess.Popen[str]", said: TextIO) -> None:
        self.home = home
        self.process = process
        self._said = said

    def said(self) -> str:
        """Everything said so far."""
        self._said.seek(0)
        return self._said.read()

    def wait_until_said(self, words: str) -> None:
        """Waits for words, from the command itself, that are always said in the end."""
        give_up = time.monotonic() + 120
        while words not in self.said():
            assert self.process.poll() is None or words in self.said(), self.said()
            assert time.monotonic() < give_up, self.said()
            time.sleep(0.05)

    def running(self) -> Running:
        """The state that other commands see."""
        running = read_running(self.home)
        assert running is not None
        return running

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Tells it to stop; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)


@contextmanager
def up(home: Path, *lives: str, **more: str) -> Iterator[Up]:
    """`sluice up` with tiny services, and more variables; killed at the end if it still runs."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("KAFKA_", "SLUICE_"))} | more
    words = [sys.executable, str(Path(tiny_stack.__file__)), str(home), *lives]
    with (home.parent / f"{home.name}.said").open("w+") as said:
        process = subprocess.Popen(words, env=env, stdout=said, stderr=said, text=True)
        try:
            yield Up(home, process, said)
        finally:
            process.kill()
            process.wait()


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(pids: list[int]) -> None:
    give_up = time.monotonic() + 20
    while any(alive(pid) for pid in pids) and time.monotonic() < give_up:
        time.sleep(0.05)
    assert [pid for pid in pids if alive(pid)] == []


def test_a_stack_lives_and_stops_cleanly(tmp_path: Path) -> None:
    with up(tmp_path / "home", "alpha=ready", "beta=ready") as stack:
        stack.wait_until_said("Ctrl-C stops it.")
        running = stack.running()
        assert running.pid == stack.process.pid
        for name in ("alpha", "beta"):
            assert ask_health(running.services[name].address, 30.0) is Health.SERVING
            assert f"{name}" in stack.said()
            assert running.services[name].address in stack.said()
        topics = describe(KafkaSettings({"bootstrap.servers": running.kafka}))
        assert topics.keys() == set(Topic)

        with up(stack.home, "alpha=ready") as second:
            assert second.process.wait(60) != 0
            assert f"a stack runs in {stack.home} already (process {running.pid}" in second.said()
        assert stack.running() == running

        assert stack.stop(signal.SIGINT) == 0
        assert not (stack.home / STATE_FILE).exists()
        wait_until_gone([service.pid for service in running.services.values()])
        assert '"event": "stopped"' in (stack.home / "logs" / "alpha.log").read_text()


def test_what_ends_is_started_again_where_it_was(tmp_path: Path) -> None:
    with up(tmp_path / "home", "alpha=ready", "wrong=unconfigured", "gone=short", "deaf=stubborn") as stack:
        stack.wait_until_said("Ctrl-C stops it.")
        assert "wrong exited with status 78: wrong: A is not set; wrong: B is not set" in stack.said()
        assert re.search(r"wrong +127\.0\.0\.1:\d+ +NOT READY", stack.said())
        before = stack.running()
        (broker,) = children_named(stack.process.pid, "java")

        os.kill(before.services["gone"].pid, signal.SIGUSR1)
        os.kill(before.services["alpha"].pid, signal.SIGKILL)
        os.kill(broker, signal.SIGKILL)
        stack.wait_until_said("gone exited with status 3: failed: ended by itself; it is started again in 0.5 s")
        stack.wait_until_said(
            "alpha was ended by SIGKILL: ready: a model is missing: run `fetch`; it is started again"
        )
        stack.wait_until_said("kafka was ended by SIGKILL")
        for name in ("gone", "alpha", "kafka"):
            stack.wait_until_said(f"{name} is back after")

        after = stack.running()
        assert after.kafka == before.kafka
        assert describe(KafkaSettings({"bootstrap.servers": after.kafka})).keys() == set(Topic)
        for name, restarts in (("gone", 1), ("alpha", 1), ("deaf", 0), ("wrong", 0)):
            assert after.services[name].address == before.services[name].address
            assert after.services[name].restarts == restarts
            assert (after.services[name].pid != before.services[name].pid) == bool(restarts)
        for name in ("gone", "alpha", "deaf"):
            assert ask_health(after.services[name].address, 30.0) is Health.SERVING
        assert "once it is mended, `sluice serve wrong`" in stack.said()

        assert stack.stop() == 0
        assert "deaf did not stop within 10 s and was killed" in stack.said()
        wait_until_gone([service.pid for service in after.services.values()])


def test_a_stack_that_loses_its_broker_and_services_moderates_again(tmp_path: Path) -> None:
    with up(tmp_path / "home", "ingest=real", "text-classifier=real", "orchestrator=real") as stack:
        stack.wait_until_said("Ctrl-C stops it.")
        running = stack.running()
        first, second = ask(prompt("a painting of a lighthouse")), ask(prompt("a painting of a harbour"))
        decided = moderate(running, first)
        assert action(decided) == "ALLOW"

        lost = ("ingest", "text-classifier", "orchestrator")
        pids = [*children_named(stack.process.pid, "java"), *(running.services[name].pid for name in lost)]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for name in ("kafka", *lost):
            stack.wait_until_said(f"{name} is back after")
        assert action(moderate(running, second)) == "ALLOW"
        assert moderate(running, first) == decided
        assert stack.stop() == 0


def test_a_stack_that_is_told_to_stop_while_it_starts_stops(tmp_path: Path) -> None:
    with up(tmp_path / "home", "alpha=never") as stack:
        stack.wait_until_said("starting 1 services")
        pids = children_named(stack.process.pid, "java")
        assert stack.stop() == 0
        assert "stopped" in stack.said()
        wait_until_gone(pids)
        assert not is_claimed(stack.home)


def test_somebody_elses_broker_is_used_and_left_running(tmp_path: Path) -> None:
    broker = quick_broker(tmp_path / "theirs")
    with up(tmp_path / "home", "alpha=ready", KAFKA_BOOTSTRAP_SERVERS=broker.bootstrap) as stack:
        stack.wait_until_said("Ctrl-C stops it.")
        assert stack.running().kafka == broker.bootstrap
        assert children_named(stack.process.pid, "java") == []
        assert stack.stop() == 0
    assert describe(broker.kafka).keys() == set(Topic)
    broker.stop()


def test_a_killed_stack_leaves_nothing_running_and_no_obstacle(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with up(home, "alpha=ready") as stack:
        stack.wait_until_said("Ctrl-C stops it.")
        pids = [*children_named(stack.process.pid, "java"), stack.running().services["alpha"].pid]
        assert stack.stop(signal.SIGKILL) == -signal.SIGKILL
        wait_until_gone(pids)
        assert (home / STATE_FILE).exists()
        assert read_running(home) is None
        assert not is_claimed(home)
    with up(home, "alpha=ready") as stack:
        stack.wait_until_said("Ctrl-C stops it.")
        assert stack.stop() == 0


def test_a_temporary_stack_goes_with_its_data(tmp_path: Path) -> None:
    home = tmp_path / "home"
    said: list[str] = []
    env = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "SLUICE_OBJECT_STORE": "file:///not/this"}
    with temporary(home, env, tiny_stack.commands(["alpha=ready"]), said.append) as running:
        data = Path(running.object_store.removeprefix("file://")).parent
        assert (data / "kafka").is_dir()
        assert running.certificates == str(home / "certs")
        assert ask_health(running.services["alpha"].address, 30.0) is Health.SERVING
        assert read_running(home) is None
    assert not data.exists()
    wait_until_gone([running.services["alpha"].pid])


def test_a_temporary_stack_that_does_not_get_ready_says_why_and_keeps_its_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_module, "READY_SECONDS", 15.0)
    home = tmp_path / "home"
    lives = tiny_stack.commands(["alpha=ready", "slow=never"])
    with (
        pytest.raises(NotReadyError, match="slow a model is missing: run `fetch`"),
        temporary(home, os.environ, lives, print),
    ):
        pass
    assert "a model is missing" in (home / "logs" / "failed" / "slow.log").read_text()


def moderate(running: Running, request: Request) -> Decision:
    """Asks the stack's own door."""
    with grpc.insecure_channel(running.services["orchestrator"].address) as channel:
        return Client({"orchestrator": channel}).decide(request)


def children_named(parent: int, name: str) -> list[int]:
    """Process ids of children by the name of their program."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, _, rest = stat.read_text().partition(" ")
        except (FileNotFoundError, ProcessLookupError):
            continue
        program, _, fields = rest.rpartition(") ")
        if program == f"({name}" and int(fields.split()[1]) == parent:
            found.append(int(pid))
    return found
