"""A transaction hangs in one partition of the decisions: that partition waits and says why, the others go on."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision
from tests.integration.orchestrator_alone import (
    CHECKS,
    answer,
    ask,
    one_per_partition,
    orchestrator,
    own_broker,
    send,
)
from tests.integration.raw_kafka import RawClient
from tests.integration.topics import of_request

STUCK = 1


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """One that appends what its transaction coordinator has not been told of: such a transaction hangs."""
    lax = {"transaction.partition.verification.enable": "false"}
    with own_broker(tmp_path_factory.mktemp("kafka"), lax) as kafka:
        yield kafka


def wait_for_line(log: Path, words: str, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if words in log.read_text():
            return True
        time.sleep(0.2)
    return False


def test_one_partition_waits_and_the_others_go_on(broker: KafkaSettings, tmp_path: Path) -> None:
    gone = "sluice-orchestrator-gone"
    with RawClient(broker.bootstrap) as raw:
        raw.append(Topic.DECISIONS, STUCK, gone, raw.init_producer(gone), b"hanging")
    producer = plain_producer(broker, {"linger.ms": 0})
    ids = one_per_partition()
    deadline = now_ms() + 120_000
    for request_id in ids.values():
        offset = send(producer, Topic.CONTENTS, request_id, ask(request_id, deadline).SerializeToString())
        for check in CHECKS:
            send(producer, Topic.VERDICTS, request_id, answer(check, request_id, offset))
    log = tmp_path / "orchestrator.log"
    with orchestrator(broker, tmp_path):
        for number, request_id in ids.items():
            if number != STUCK:
                assert len(of_request(broker, Topic.DECISIONS, request_id)) == 1
        assert of_request(broker, Topic.DECISIONS, ids[STUCK], seconds=1) == []
        # Longer than any transaction lasts: now somebody must look.
        assert wait_for_line(log, "hanging transaction suspected", 60)
        assert wait_for_line(log, f"recovery of partition {STUCK} waits for an open transaction", 60)
        words = ["repair", "--yes", "--instance", "gone", "--patience", "1"]
        env = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap}
        mended = subprocess.run(
            [sys.executable, "-m", "sluice.cli.main", *words], env=env, capture_output=True, check=False, timeout=120
        )
        assert mended.returncode == 0, mended.stderr
        (record,) = of_request(broker, Topic.DECISIONS, ids[STUCK])
    assert Decision.FromString(record.value).action == ACTION_ALLOW
    assert log.read_text().rstrip().count('"recovered at last"') == 1
