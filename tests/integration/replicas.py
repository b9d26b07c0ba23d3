"""Replicas of real services on a broker of a test's own, started and ended one by one as a rolling update does."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.local.health import Health, ask_health
from sluice.local.ports import LOOPBACK, free_ports
from sluice.local.process import Process, stop_all
from sluice.settings import KafkaSettings
from tests.integration.client import ask, prompt
from tests.integration.secured_kafka import wait_until

READY_SECONDS = 120.0
STOP_SECONDS = 40.0
_PAUSE_SECONDS = 0.25


class Replicas:
    """Processes by their instance ids: `NAME-NUMBER`."""

    def __init__(self, kafka: KafkaSettings, home: Path) -> None:
        self._home = home
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("SLUICE_", "KAFKA_", "OTEL_"))
        }
        self._env = {
            **kept,
            "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
            "SLUICE_HOME": str(home),
            "PYTHONUNBUFFERED": "1",
        }
        self._running: dict[str, tuple[Process, str]] = {}

    def start(self, *instances: str) -> None:
        """Starts them, and returns once they are all ready: each has partitions of its group."""
        for instance in instances:
            name = instance.rpartition("-")[0]
            address = f"{LOOPBACK}:{free_ports(1)[0]}"
            env = {**self._env, "SLUICE_INSTANCE": instance, "SLUICE_GRPC_ADDRESS": address}
            argv = [sys.executable, "-m", "sluice.cli.main", "serve", name]
            log = self._home / "logs" / f"{instance}.log"
            self._running[instance] = Process.start(instance, argv, env, log), address
        for instance in instances:
            wait_until(partial(self._ready, instance), READY_SECONDS)

    def stop(self, instance: str) -> str:
        """SIGTERM: it must end with 0. What it logged."""
        process, _ = self._running.pop(instance)
        process.terminate()
        assert process.wait(STOP_SECONDS)
        log = process.log.read_text()
        assert process.exit_code() == 0, log
        return log

    def kill(self, instance: str) -> None:
        """SIGKILL."""
        process, _ = self._running.pop(instance)
        process.send(signal.SIGKILL)
        assert process.wait(STOP_SECONDS)

    def close(self) -> None:
        """Stops what is left."""
        stop_all([process for process, _ in self._running.values()], STOP_SECONDS)

    def _ready(self, instance: str) -> bool:
        process, address = self._running[instance]
        assert process.exit_code() is None, process.log.read_text()
        return ask_health(address) is Health.SERVING


@contextmanager
def replicas(kafka: KafkaSettings, home: Path) -> Iterator[Replicas]:
    """Stopped at the end, whatever happens."""
    found = Replicas(kafka, home)
    try:
        yield found
    finally:
        found.close()


class Prompts:
    """Harmless prompts, four a second while it is entered. `deadline_ms`: of each; 0: what policy says."""

    def __init__(self, kafka: KafkaSettings, deadline_ms: int = 0) -> None:
        self._producer = plain_producer(kafka)
        self._deadline_ms = deadline_ms
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prompts")
        self.sent: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
        assert self._producer.flush(30) == 0

    def _run(self) -> None:
        while not self._stopping.wait(_PAUSE_SECONDS):
            request = ask(prompt("a watercolor of a lighthouse at dawn"), deadline_ms=self._deadline_ms)
            self._producer.produce(Topic.REQUESTS, request.SerializeToString(), key=request.id.encode())
            self._producer.poll(0)
            self.sent.append(request.id)
