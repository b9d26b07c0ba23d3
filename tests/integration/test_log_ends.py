"""Who asks where a log ends gets an answer again after a partition's leader was gone."""

import contextlib
import os
import signal
import time
from pathlib import Path

from confluent_kafka import Consumer, KafkaException

from sluice.bus.clients import log_reader
from sluice.bus.ends import log_ends
from sluice.bus.topics import Topic
from sluice.local.cluster import Cluster
from tests.chaos.topics import create_topics

PARTITIONS = 4
READERS = 6
"""Not each of them looks at the very moment at which there is no leader."""


def ends(reader: Consumer) -> list[tuple[int, int]]:
    """Of every partition that an answer comes for."""
    found: list[tuple[int, int]] = []
    for number in range(PARTITIONS):
        with contextlib.suppress(KafkaException):
            found.append(log_ends(reader, Topic.DECISIONS, number, 2.0))
    return found


def answered(reader: Consumer) -> bool:
    """Whether every partition has told its ends once it was asked again and again: a busy machine is slow."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if len(ends(reader)) == PARTITIONS:
            return True
    return False


def test_a_leader_that_was_gone_is_looked_for_again(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, 3, os.environ, lambda _: None)
    readers: list[Consumer] = []
    try:
        cluster.start()
        create_topics(cluster, PARTITIONS)
        readers += [log_reader(cluster.kafka) for _ in range(READERS)]
        assert all(answered(reader) for reader in readers)
        node = cluster.nodes[0]
        node.send(signal.SIGKILL)
        assert node.process is not None
        assert node.process.wait(20)
        node.start()
        until = time.monotonic() + 9
        while time.monotonic() < until:
            for reader in readers:
                ends(reader)
            time.sleep(0.3)
        cluster.wait_whole(60)
        assert all(answered(reader) for reader in readers)
    finally:
        for reader in readers:
            reader.close()
        cluster.stop()
