"""Several brokers on this machine that are one cluster, each of which can be ended and started by itself.

For tests of what happens when brokers go: every node is broker and controller (KRaft) with ports, data and a log of
its own, topics of the broker's own have a replica on each node (three at most), and a write is acknowledged once all
replicas but one have it. Start: format every node's storage, start all, wait until each of them answers.
"""

import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from sluice.errors import NotReadyError
from sluice.local.kafka import (
    FORMAT_SECONDS,
    QUICK_START,
    STOP_SECONDS,
    format_command,
    java_command,
    new_cluster_id,
    server_properties,
    take_lock,
)
from sluice.local.locks import FileLock
from sluice.local.ports import LOOPBACK, free_ports
from sluice.local.process import Process, stop_all, wait_all
from sluice.local.progress import Say
from sluice.settings import KafkaSettings

START_SECONDS: Final = 120.0
"""For all nodes together; three on two quiet cores take about 8 s."""
MOST_REPLICAS: Final = 3

_JVM = ("-Xms128m", "-Xmx384m", *QUICK_START)


def node_properties(number: int, controllers: Sequence[int]) -> dict[str, str | int]:
    """What makes a broker the node `number`, counted from 1, of a cluster with these controller ports."""
    replicas = min(MOST_REPLICAS, len(controllers))
    least = max(1, replicas - 1)
    return {
        "node.id": number,
        "controller.quorum.voters": ",".join(f"{at}@{LOOPBACK}:{port}" for at, port in enumerate(controllers, 1)),
        "default.replication.factor": replicas,
        "min.insync.replicas": least,
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": least,
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": least,
    }


class Node:
    """One broker of a cluster. It keeps its ports and its data over any number of starts."""

    def __init__(self, number: int, port: int, data: Path, command: Sequence[str], env: Mapping[str, str]) -> None:
        """`command`: see `java_command`. The properties file must lie in `data`."""
        self.number = number
        self.port = port
        self._data = data
        self._command = command
        self._env = env
        self._lock: FileLock = take_lock(data)
        self._starts = 0
        self.process: Process | None = None

    @property
    def name(self) -> str:
        """For people."""
        return f"broker-{self.number}"

    def format(self, cluster_id: str) -> Process:
        """Begins to format its storage."""
        command = format_command(self._command, self._properties, cluster_id)
        return Process.start(f"{self.name}-format", command, self._env, self._data / "format.log")

    def start(self) -> None:
        """Starts it, again or for the first time, and does not wait. Main thread only (see `Process`)."""
        if self.running():
            return
        self._starts += 1
        log = self._data / f"start-{self._starts:02}.log"
        command = [*self._command, "kafka.Kafka", str(self._properties)]
        self.process = Process.start(self.name, command, self._env, log, keep_fds=[self._lock.fd])

    def running(self) -> bool:
        """Whether its process lives, stopped or not."""
        return self.process is not None and self.process.exit_code() is None

    def send(self, number: signal.Signals) -> None:
        """A signal to its process, if it lives."""
        if self.process is not None:
            self.process.send(number)

    def release(self) -> None:
        """Lets others use its data once the process is gone."""
        self._lock.release()

    @property
    def _properties(self) -> Path:
        return self._data / "server.properties"


class Cluster:
    """The nodes together. `stop` it also after a failed start."""

    def __init__(self, data: Path, count: int, env: Mapping[str, str], say: Say, jvm: Sequence[str] = _JVM) -> None:
        """Prepares `count` nodes with data in folders of `data`. Raises NotReadyError without Java or Kafka."""
        command = java_command(env, say, jvm)
        ports = free_ports(2 * count)
        brokers, controllers = ports[:count], ports[count:]
        self._say = say
        self.nodes: list[Node] = []
        for number, (port, controller) in enumerate(zip(brokers, controllers, strict=True), 1):
            folder = data / f"node-{number}"
            folder.mkdir(parents=True, exist_ok=True)
            extra = node_properties(number, controllers)
            text = server_properties(folder / "log", port, controller, extra)
            (folder / "server.properties").write_text(text)
            self.nodes.append(Node(number, port, folder, command, env))

    @property
    def replication(self) -> int:
        """How many replicas a topic should have here."""
        return min(MOST_REPLICAS, len(self.nodes))

    @property
    def kafka(self) -> KafkaSettings:
        """How clients reach it, whichever node is up."""
        return KafkaSettings({"bootstrap.servers": ",".join(f"{LOOPBACK}:{node.port}" for node in self.nodes)})

    def start(self) -> None:
        """Formats and starts every node, and waits until each of them serves. Raises NotReadyError."""
        cluster_id = new_cluster_id()
        formatting = [node.format(cluster_id) for node in self.nodes]
        for process in wait_all(formatting, FORMAT_SECONDS):
            process.kill()
        for process in formatting:
            if process.exit_code() != 0:
                raise NotReadyError(f"Kafka's storage could not be formatted ({process.how_it_ended()})")
        for node in self.nodes:
            node.start()
        self.wait_whole(START_SECONDS)

    def wait_whole(self, seconds: float) -> None:
        """Returns once every node is seen by an admin client. Raises NotReadyError after `seconds`."""
        give_up = time.monotonic() + seconds
        admin = AdminClient({**self.kafka.properties, "log_level": 0, "reconnect.backoff.max.ms": 100})
        while time.monotonic() < give_up:
            for node in self.nodes:
                if node.process is not None and not node.running():
                    raise NotReadyError(f"{node.name} {node.process.how_it_ended()}; its log is {node.process.log}")
            try:
                if len(admin.list_topics(timeout=1).brokers) == len(self.nodes):
                    return
            except KafkaException:
                # Not yet: no node listens, or no controller has been chosen.
                pass
            time.sleep(0.1)
        raise NotReadyError(f"the {len(self.nodes)} brokers did not come up within {seconds:.0f} s")

    def stop(self) -> None:
        """Stops every node, or kills it after STOP_SECONDS."""
        for node in self.nodes:
            node.send(signal.SIGCONT)
        stop_all([node.process for node in self.nodes if node.process is not None], STOP_SECONDS)
        for node in self.nodes:
            node.release()
