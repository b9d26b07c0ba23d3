"""One service alone on a real broker, as a process, watched through its own doors."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

import grpc

from sluice.local.ports import free_ports
from sluice.settings import KafkaSettings

SECONDS = 120.0
"""For whatever a service does by itself, on a machine that is busy."""


def until(holds: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Waits for something that comes by itself."""
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, what
        time.sleep(0.1)


class Alone:
    """One process of a service. `instance`: of several in one home."""

    def __init__(self, name: str, home: Path, kafka: KafkaSettings, instance: int = 0, **settings: str) -> None:
        grpc_port, ops_port = free_ports(2)
        self.ops = f"127.0.0.1:{ops_port}"
        self.log = home / f"{name}-{instance}.log"
        env = {
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
            "SLUICE_HOME": str(home),
            "SLUICE_INSTANCE": str(instance),
            "SLUICE_GRPC_ADDRESS": f"127.0.0.1:{grpc_port}",
            "SLUICE_OPS_ADDRESS": self.ops,
            "SLUICE_LOG_LEVEL": "debug",
            **settings,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", name], env=env, stdout=log, stderr=log)
        self.channel = grpc.insecure_channel(
            f"127.0.0.1:{grpc_port}", options=[("grpc.max_send_message_length", 32 << 20)]
        )

    def ready(self) -> bool:
        """Whether it says that it can do its job."""
        return self.reasons() == {}

    def reasons(self) -> Mapping[str, str] | None:
        """Why it is not ready; None where it does not answer."""
        return self._board("reasons")

    def notes(self) -> Mapping[str, str] | None:
        """What people should know although it is; None where it does not answer."""
        return self._board("notes")

    def wait_ready(self) -> Self:
        """Until it is ready."""
        give_up = time.monotonic() + SECONDS
        while not self.ready():
            late = time.monotonic() > give_up
            assert self.process.poll() is None and not late, f"{self.reasons()}\n{self.log.read_text()[-2000:]}"  # noqa: PT018 - either way the log says why
            time.sleep(0.1)
        return self

    def count(self, metric: str) -> float:
        """The sum of a metric's samples whose names and labels begin so."""
        with urllib.request.urlopen(f"http://{self.ops}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(metric))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ends it; its exit status."""
        self.channel.close()
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def _board(self, name: str) -> Mapping[str, str] | None:
        try:
            with urllib.request.urlopen(f"http://{self.ops}/readyz", timeout=5) as answer:
                found = answer.read()
        except urllib.error.HTTPError as error:
            found = error.read()
        except OSError:
            return None
        board = json.loads(found)[name]
        assert isinstance(board, dict)
        return board


A = TypeVar("A", bound=Alone)


@contextmanager
def ended(service: A) -> Iterator[A]:
    """A process that gets ready, and is ended in order: it must drain and exit with 0."""
    try:
        yield service.wait_ready()
        assert service.stop() == 0
    finally:
        if service.process.poll() is None:
            service.process.kill()
            service.process.wait()
