"""A real Apache Kafka on this machine: one broker that is its own controller (KRaft), a child of ours.

Start: find Java and the jars; lock the data folder; format it when it is new; choose free ports; start; wait
until an admin client is answered. Stop: SIGTERM, then SIGKILL. Two brokers on one data folder would destroy it,
so the lock on it is inherited by the broker itself and outlives a caller that is killed.
"""

import base64
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from sluice.errors import NotReadyError
from sluice.local.distribution import ensure_kafka
from sluice.local.java import find_java
from sluice.local.locks import FileLock
from sluice.local.ports import LOOPBACK, free_ports, listens
from sluice.local.process import Process
from sluice.local.progress import Say
from sluice.settings import KafkaSettings

READY_SECONDS: Final = 60.0
"""A quiet machine of two cores needs about 4 s, a very busy one 18 s."""
STOP_SECONDS: Final = 7.0
FORMAT_SECONDS: Final = 60.0

QUICK_START: Final = ("-XX:TieredStopAtLevel=1",)
"""Compiles less: starts in three quarters of the time, and is slower for it where much is to be done."""

_MEMORY = ("-Xms256m", "-Xmx512m")
# On two cores the serial collector starts faster and takes less memory than G1; a heap this small pauses briefly.
_JVM = (*_MEMORY, "-XX:+UseSerialGC")
_LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)
_PORT_TRIES = 3
_ADDRESS_IN_USE = "Address already in use"


def server_properties(
    data: Path, broker_port: int, controller_port: int, extra: Mapping[str, str | int] | None = None
) -> str:
    """The broker's configuration, `extra` last. Transactions work with one replica; topics are made on purpose."""
    settings: Mapping[str, str | int] = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{broker_port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{broker_port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "default.replication.factor": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 8,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 8,
        # A stranger's open transaction holds up everybody who reads committed records: no longer than this.
        "transaction.max.timeout.ms": 60_000,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        "message.max.bytes": 16 << 20,
        "replica.fetch.max.bytes": 16 << 20,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "log.segment.bytes": 128 << 20,
        **(extra or {}),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def new_cluster_id() -> str:
    """A random cluster id in Kafka's form: 16 bytes, URL-safe base64 without padding, no leading hyphen."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text


class Broker:
    """A running broker."""

    def __init__(self, start: Callable[[], Process], port: int, lock: FileLock) -> None:
        """`start` starts its process, also again: same ports, same data."""
        self.process = start()
        self.port = port
        self._start = start
        self._lock = lock

    def restart(self) -> Process:
        """Starts it again, once it has ended, and does not wait. Main thread only (see `Process`)."""
        if self.died():
            self.process = self._start()
        return self.process

    @property
    def bootstrap(self) -> str:
        """Its address, as KAFKA_BOOTSTRAP_SERVERS takes it."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def kafka(self) -> KafkaSettings:
        """How clients of this project reach it."""
        return KafkaSettings({"bootstrap.servers": self.bootstrap})

    def stop(self) -> None:
        """Stops it within STOP_SECONDS or kills it. What was acknowledged is on disk either way."""
        self.process.terminate()
        if not self.process.wait(STOP_SECONDS):
            self.process.kill()
        self._lock.release()

    def died(self) -> str | None:
        """How it ended, or None while it runs."""
        return None if self.process.exit_code() is None else self.process.how_it_ended()


def start_broker(
    data: Path,
    log: Path,
    env: Mapping[str, str],
    say: Say,
    jvm: Sequence[str] = (),
    extra: Mapping[str, str | int] | None = None,
) -> Broker:
    """Starts a broker on `data`, on free ports of the loopback interface, and waits until it answers.

    Call it on the main thread (see `Process`). `jvm`: further options of the Java machine; `extra`: broker
    properties beside ours. Raises NotReadyError where something is missing, the data folder is in use, or the broker
    does not come up.
    """
    command = java_command(env, say, jvm)
    lock = take_lock(data)
    try:
        _format(data, log, command, env)
        return _start(data, log, command, env, lock, extra)
    except BaseException:
        # Also on Ctrl-C: nobody else would let go of it.
        lock.release()
        raise


def java_command(env: Mapping[str, str], say: Say, jvm: Sequence[str] = ()) -> list[str]:
    """How a class of Kafka's is run: append its name. `jvm`: options that override ours. Raises NotReadyError."""
    java = find_java(env)
    libs = ensure_kafka(env, say)
    return [str(java.program), "-cp", f"{libs}/*", *_JVM, *jvm, *_LOGGING]


def take_lock(data: Path) -> FileLock:
    """The lock on a broker's data. Raises NotReadyError where another broker has it."""
    lock = FileLock.take(data / ".sluice.lock")
    if lock is None:
        raise NotReadyError(f"another broker runs on {data}: stop it first, or choose another SLUICE_HOME")
    return lock


def format_command(command: Sequence[str], properties: Path, cluster_id: str) -> list[str]:
    """What formats new storage. Opens no port."""
    tool = ["kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(properties), "--ignore-formatted"]
    return [*command, *QUICK_START, *tool]


def _start(
    data: Path,
    log: Path,
    command: Sequence[str],
    env: Mapping[str, str],
    lock: FileLock,
    extra: Mapping[str, str | int] | None,
) -> Broker:
    problem: str | None = None
    for _ in range(_PORT_TRIES):
        broker = _start_once(data, log, command, env, lock, extra)
        try:
            problem = _wait_ready(broker)
        except BaseException:
            # Also on Ctrl-C: nobody else knows of it yet.
            broker.process.kill()
            raise
        if problem is None:
            return broker
        broker.process.kill()
        if problem != _ADDRESS_IN_USE:
            break
    raise NotReadyError(f"Kafka did not start ({problem}); its log is {log}")


def _start_once(
    data: Path,
    log: Path,
    command: Sequence[str],
    env: Mapping[str, str],
    lock: FileLock,
    extra: Mapping[str, str | int] | None,
) -> Broker:
    port, controller_port = free_ports(2)
    properties = data / "server.properties"
    properties.write_text(server_properties(data / "log", port, controller_port, extra))

    def start() -> Process:
        return Process.start("kafka", [*command, "kafka.Kafka", str(properties)], env, log, keep_fds=[lock.fd])

    return Broker(start, port, lock)


def _format(data: Path, log: Path, command: Sequence[str], env: Mapping[str, str]) -> None:
    """Formats new storage. `meta.properties` is written last; a folder without it is formatted anew."""
    if (data / "log" / "meta.properties").is_file():
        return
    properties = data / "server.properties"
    properties.write_text(server_properties(data / "log", 9092, 9093))
    process = Process.start("kafka-format", format_command(command, properties, new_cluster_id()), env, log)
    if not process.wait(FORMAT_SECONDS):
        process.kill()
    if process.exit_code() != 0:
        raise NotReadyError(f"Kafka's storage at {data} could not be formatted ({process.how_it_ended()})")


def _wait_ready(broker: Broker) -> str | None:
    """None once an admin client is answered, else why not."""
    give_up = time.monotonic() + READY_SECONDS
    while time.monotonic() < give_up:
        if broker.died():
            return _why_it_died(broker)
        if listens(broker.port, 0.2):
            break
        time.sleep(0.05)
    admin = AdminClient({**broker.kafka.properties, "log_level": 0, "reconnect.backoff.max.ms": 100})
    while time.monotonic() < give_up:
        if broker.died():
            return _why_it_died(broker)
        try:
            if admin.list_topics(timeout=1).brokers:
                return None
        except KafkaException:
            # Not yet: the listener opens a moment before the broker is unfenced.
            time.sleep(0.05)
    return f"no answer within {READY_SECONDS:.0f} s"


def _why_it_died(broker: Broker) -> str:
    log = broker.process.log.read_text(errors="replace")
    return _ADDRESS_IN_USE if _ADDRESS_IN_USE in log else broker.process.how_it_ended()
