"""Services as processes of their own that can be started anew with failure flags, and traffic for them."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import Producer

from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.client_tls import read_client_tls
from sluice.host.faults import ALLOW, VARIABLE
from sluice.ids import new_request_id
from sluice.local.entry_points import service_commands
from sluice.local.health import Health, ask_health
from sluice.local.ports import LOOPBACK, free_ports
from sluice.local.process import Process, stop_all
from sluice.settings import KafkaSettings
from sluice.v1.request_pb2 import Request

_READY_SECONDS = 90.0
_STOP_SECONDS = 15.0


class Services:
    """Keeps each service at its address, whoever runs there."""

    def __init__(self, names: Sequence[str], home: Path, env: Mapping[str, str]) -> None:
        """`env`: of every service; `home`: where logs go."""
        ports = iter(free_ports(3 * len(names)))
        self._commands = service_commands((), {"SLUICE_SHADOW_POLICY": "x"})
        self._logs = home / "logs"
        self._env = {**os.environ, **env}
        self._at = {name: f"{LOOPBACK}:{next(ports)}" for name in names}
        self.ops = {name: f"{LOOPBACK}:{next(ports)}" for name in names}
        self._own: dict[str, dict[str, str]] = {}
        self._running: dict[str, Process] = {}

    def start(self, name: str, faults: str = "", **env: str) -> None:
        """Starts one, in the place of the one that runs. `env` holds from now on."""
        self.stop(name)
        self._own.setdefault(name, {}).update(env)
        told = {
            **self._env,
            **self._own[name],
            "SLUICE_GRPC_ADDRESS": self._at[name],
            "SLUICE_OPS_ADDRESS": self.ops[name],
            VARIABLE: faults,
            ALLOW: "1",
        }
        log = self._logs / f"{name}-{time.monotonic_ns()}.log"
        self._running[name] = Process.start(name, self._commands[name], told, log)

    def address(self, name: str) -> str:
        """Of its gRPC door."""
        return self._at[name]

    def stop(self, *names: str) -> None:
        """Stops those that run."""
        stop_all([found for name in names if (found := self._running.pop(name, None))], _STOP_SECONDS)

    def wait_ready(self, *names: str) -> None:
        """Until each says so."""
        until = time.monotonic() + _READY_SECONDS
        for name in names:
            tls = read_client_tls(self._own.get(name, {}))
            while ask_health(self._at[name], tls=tls) is not Health.SERVING:
                process = self._running[name]
                assert process.exit_code() is None, f"{name}: {process.how_it_ended()}"
                assert time.monotonic() < until, f"{name}: {process.last_words()}"
                time.sleep(0.1)

    def all_run(self) -> None:
        """None of those that were started has ended by itself."""
        for name, process in self._running.items():
            assert process.exit_code() is None, f"{name}: {process.how_it_ended()}"

    def close(self) -> None:
        """Stops all."""
        self.stop(*self._running)


class Traffic:
    """Publishes to the one partition of each topic."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._producer: Producer = plain_producer(kafka)

    def ask(self, requests: Sequence[Request], each_seconds: float = 0.0) -> set[str]:
        """Publishes requests; their ids."""
        for request in requests:
            self.publish(Topic.REQUESTS, request.SerializeToString(), request.id)
            time.sleep(each_seconds)
        self.flush()
        return {request.id for request in requests}

    def publish(self, topic: str, value: bytes, key: str = "") -> None:
        """Any record, under a fresh id where there is none."""
        self._producer.produce(topic, value, key=(key or new_request_id()).encode(), partition=0)
        self._producer.poll(0)

    def flush(self) -> None:
        """Until the broker has all of it."""
        assert self._producer.flush(30) == 0


@contextmanager
def services(names: Sequence[str], home: Path, env: Mapping[str, str]) -> Iterator[Services]:
    """None of them runs when it ends."""
    found = Services(names, home, env)
    try:
        yield found
    finally:
        found.close()
