"""A short run of the fault suite (`make chaos` is the long one), and the cluster of brokers that it works on."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from sluice.bus.clients import log_reader, plain_producer
from sluice.bus.topics import Topic
from sluice.local.cluster import Cluster
from tests.chaos.topics import create_topics

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(400)
def test_a_short_run_loses_and_doubles_nothing() -> None:
    words = ["--seed", "20261121", "--requests", "240", "--pictures", "12", "--faults", "8", "--brokers", "1"]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *words, "--minutes", "0.4", "--most-minutes", "4"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=390,
    )
    told = f"{ended.stdout}\n{ended.stderr}"
    assert ended.returncode == 0, told
    found = json.loads(ended.stdout.splitlines()[-1])
    assert found["requests"] == 240
    # On a machine that is slow the last one is left out.
    assert found["faults"] in (7, 8)
    assert found["faults_by_kind"]["broker_kill"] >= 1
    assert (found["lost"], found["doubled"], found["wrongly_allowed"], found["objections"]) == (0, 0, 0, 0), told
    assert found["expected_allow_kept"] >= 0.9
    assert found["allowed"] + found["blocked_by_rule"] + found["incomplete"] == 240


def test_what_three_brokers_acknowledged_outlives_any_one_of_them(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, 3, os.environ, lambda _: None)
    try:
        cluster.start()
        create_topics(cluster, 1)
        producer = plain_producer(cluster.kafka)
        for node in cluster.nodes:
            node.send(signal.SIGKILL)
            assert node.process is not None
            assert node.process.wait(20)
            assert not node.running()
            producer.produce(Topic.DECISIONS, node.name.encode(), partition=0)
            assert producer.flush(60) == 0
            node.start()
            cluster.wait_whole(60)
        reader = log_reader(cluster.kafka)
        reader.assign([TopicPartition(Topic.DECISIONS, 0, 0)])
        found: list[bytes | str | None] = []
        while len(found) < 3:
            message = reader.poll(60)
            assert message is not None
            if message.error() is None:
                found.append(message.value())
        reader.close()
        assert found == [b"broker-1", b"broker-2", b"broker-3"]
    finally:
        cluster.stop()
