"""A broker whose disk is full ends, and ends again until there is room. What it acknowledged is decided, and once.

The disk is a tmpfs of a few megabytes. Where one may not be mounted, the test says so and is not run.
"""

import contextlib
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, Message, Producer

from sluice.bus.clients import plain_producer
from sluice.bus.create_topics import create
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.ids import new_request_id, partition_for
from sluice.local.cluster import Cluster
from sluice.settings import KafkaSettings
from sluice.v1.asset_pb2 import ApprovedAsset
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision
from tests.integration.orchestrator_alone import CHECKS, PARTITIONS, answer, ask, start
from tests.integration.topics import read_until

BEFORE, AFTER = 200, 100
"""Requests that find room on the disk. In between it is asked without pause."""
SIZE = "64m"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """An empty disk of SIZE."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    mounted = subprocess.run(words, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"not run, for no tmpfs may be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(filler: Path) -> None:
    """Takes every byte that is left."""
    with filler.open("wb", buffering=0) as out:
        for size in (1 << 16, 1 << 10, 1):
            with contextlib.suppress(OSError):
                while out.write(bytes(size)) == size:
                    pass


class Upstream:
    """Asks, and answers for the checks whatever was acknowledged."""

    def __init__(self, producer: Producer) -> None:
        self.acknowledged: set[str] = set()
        """Requests that are in the log for certain, and all their verdicts."""
        self.asked: set[str] = set()
        self.unplaced: set[str] = set()
        """Requests that are in the log at a place that was not told."""
        self._producer = producer
        self._answers: Counter[str] = Counter()

    def ask(self, count: int) -> None:
        """So many more requests."""
        for _ in range(count):
            request_id = new_request_id()
            self.asked.add(request_id)
            self._produce(Topic.CONTENTS, request_id, ask(request_id, now_ms() + 180_000).SerializeToString())
        self._producer.poll(0.05)

    def settle(self) -> None:
        """Until nothing is on its way."""
        assert self._producer.flush(60) == 0

    def _produce(self, topic: Topic, request_id: str, value: bytes) -> None:
        def delivered(error: KafkaError | None, message: Message) -> None:
            if topic is Topic.VERDICTS:
                self._answered(request_id, value, error)
            elif error is None:
                offset = message.offset()
                if offset is None:
                    # In the log since an earlier attempt, says a broker that no longer knows where. A verdict has to
                    # name the place, so nobody can answer for it.
                    self.unplaced.add(request_id)
                    return
                for check in CHECKS:
                    self._produce(Topic.VERDICTS, request_id, answer(check, request_id, offset))

        self._producer.produce(
            topic,
            value,
            key=request_id.encode(),
            partition=partition_for(request_id, PARTITIONS),
            on_delivery=delivered,
        )

    def _answered(self, request_id: str, value: bytes, error: KafkaError | None) -> None:
        if error is not None:
            # A check answers again, and a verdict that comes twice counts once.
            self._produce(Topic.VERDICTS, request_id, value)
            return
        self._answers[request_id] += 1
        if self._answers[request_id] == len(CHECKS):
            self.acknowledged.add(request_id)


def decided(kafka: KafkaSettings, upstream: Upstream, seconds: float) -> list[Decision]:
    """Every decision, once each acknowledged request has one."""

    def enough(records: list[Record]) -> bool:
        return upstream.acknowledged <= {record.key.decode() for record in records}

    return [Decision.FromString(record.value) for record in read_until(kafka, Topic.DECISIONS, enough, seconds)]


def last_lines(home: Path) -> str:
    """What the orchestrator said last. The disk is gone when the test is over, and so is the broker's log."""
    return "\n".join((home / "orchestrator.log").read_text().splitlines()[-20:])


@pytest.mark.timeout(300)
def test_what_was_acknowledged_outlives_a_full_disk(disk: Path, tmp_path: Path) -> None:
    cluster = Cluster(disk, 1, os.environ, lambda _: None)
    process: subprocess.Popen[bytes] | None = None
    try:
        cluster.start()
        create(cluster.kafka, PARTITIONS, cluster.replication)
        process = start(cluster.kafka, tmp_path)
        upstream = Upstream(plain_producer(cluster.kafka))
        upstream.ask(BEFORE)
        upstream.settle()
        assert len(upstream.acknowledged) == BEFORE
        assert len(decided(cluster.kafka, upstream, 60)) == BEFORE

        [node] = cluster.nodes
        assert node.process is not None
        fill(disk / "filler")
        until = time.monotonic() + 30
        while node.running() and time.monotonic() < until:
            upstream.ask(20)
        assert not node.running()
        node.start()
        assert node.process.wait(60), "it must not serve while its disk is full"

        (disk / "filler").unlink()
        node.start()
        cluster.wait_whole(60)
        upstream.ask(AFTER)
        upstream.settle()
        assert len(upstream.acknowledged) >= BEFORE + AFTER
        until = time.monotonic() + 120
        found: set[str] = set()
        while not upstream.acknowledged <= found and time.monotonic() < until:
            if process.poll() is not None:
                # It ends where a call does not return, now or in a while, and whoever runs it starts it again.
                process = start(cluster.kafka, tmp_path)
            found = {decision.request_id for decision in decided(cluster.kafka, upstream, 5)}
        time.sleep(2)
        decisions = decided(cluster.kafka, upstream, 60)
        counted = Counter(decision.request_id for decision in decisions)
        missing = upstream.acknowledged - set(counted)
        assert not missing, f"{len(missing)} of {len(upstream.acknowledged)} undecided: {last_lines(tmp_path)}"
        assert set(counted) <= upstream.asked
        assert set(counted.values()) == {1}
        assert {decision.action for decision in decisions} == {ACTION_ALLOW}
        records = read_until(cluster.kafka, Topic.APPROVED, lambda found: len(found) >= len(counted), 10)
        assert Counter(ApprovedAsset.FromString(record.value).request_id for record in records) == counted
    finally:
        if process is not None:
            process.kill()
            process.wait()
        cluster.stop()
