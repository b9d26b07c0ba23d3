"""The orchestrator alone on a real broker: contents and verdicts are the test's, the broker and the process real."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import Message, Producer

from sluice.bus.create_topics import create
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.ids import new_request_id, partition_for
from sluice.local.kafka import QUICK_START, start_broker
from sluice.settings import KafkaSettings
from sluice.v1.contents_pb2 import Contents
from sluice.v1.request_pb2 import LANE_INTERACTIVE, ROLE_GENERATED, STAGE_OUTPUT, Lane
from sluice.v1.verdict_pb2 import PERSON_NONE
from tests.unit.build import contents, image, result, verdict

PARTITIONS = 4
CHECKS = ("image_text", "image", "person", "hash")


@contextmanager
def own_broker(data: Path, extra: Mapping[str, str] | None = None) -> Iterator[KafkaSettings]:
    """A broker with our topics, and nobody else on it. `extra`: more of its settings."""
    found = start_broker(data, data.with_suffix(".log"), os.environ, lambda _: None, QUICK_START, extra or {})
    try:
        create(found.kafka, PARTITIONS, 1)
        yield found.kafka
    finally:
        found.stop()


def one_per_partition() -> dict[int, str]:
    """A new request id for every partition."""
    found: dict[int, str] = {}
    while len(found) < PARTITIONS:
        request_id = new_request_id()
        found[partition_for(request_id, PARTITIONS)] = request_id
    return found


def start(kafka: KafkaSettings, home: Path, **settings: str) -> "subprocess.Popen[bytes]":
    """The service as a process of its own."""
    env = {**os.environ, **settings, "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, "SLUICE_HOME": str(home)}
    with (home / "orchestrator.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-m", "orchestrator"], env=env, stdout=log, stderr=log)


@contextmanager
def orchestrator(kafka: KafkaSettings, home: Path, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The same, ended in order: it must drain and exit with 0."""
    process = start(kafka, home, **settings)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def ask(request_id: str, deadline_at_ms: int) -> Contents:
    """A picture to judge."""
    found = contents(
        image(role=ROLE_GENERATED), stage=STAGE_OUTPUT, request_id=request_id, deadline_at_ms=deadline_at_ms
    )
    found.requested_at_ms = now_ms()
    return found


def answer(check: str, request_id: str, offset: int, score: float = 0.01, lane: int = LANE_INTERACTIVE) -> bytes:
    """A check's verdict on it."""
    return verdict(
        check,
        result(scores={"sexual": score}, person=PERSON_NONE),
        contents_offset=offset,
        request_id=request_id,
        lane=Lane.ValueType(lane),
    ).SerializeToString()


def send(producer: Producer, topic: Topic, request_id: str, value: bytes) -> int:
    """Publishes to the request's partition; the record's offset."""
    return send_all(producer, topic, {request_id: value})[request_id]


def send_all(producer: Producer, topic: Topic, values: dict[str, bytes]) -> dict[str, int]:
    """Publishes one record per request; their offsets."""
    offsets: dict[str, int] = {}
    for request_id, value in values.items():

        def delivered(error: object, message: Message, request_id: str = request_id) -> None:
            assert error is None
            offsets[request_id] = message.offset() or 0

        producer.produce(
            topic,
            value,
            key=request_id.encode(),
            partition=partition_for(request_id, PARTITIONS),
            on_delivery=delivered,
        )
        producer.poll(0)
    assert producer.flush(30) == 0
    return offsets
