"""A transaction that really hangs on a real broker: found, told, ended; and what hung is never read."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
from confluent_kafka import Consumer, TopicPartition

from sluice.bus.clients import group_consumer, plain_producer, transactional_producer
from sluice.bus.create_topics import create
from sluice.bus.hanging import GroupOffset, LogEnd
from sluice.bus.hanging_end import abort_as
from sluice.bus.hanging_look import Looker
from sluice.bus.hanging_owners import ORCHESTRATOR
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.local.kafka import QUICK_START, start_broker
from sluice.settings import KafkaSettings
from tests.integration.raw_kafka import RawClient, crc32c
from tests.integration.topics import read_until

SLOT = f"{ORCHESTRATOR}-0"
STRANGER = "a-generator"
PATIENCE = "1"

Answer: TypeAlias = "subprocess.CompletedProcess[str]"
Sluice: TypeAlias = Callable[..., Answer]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A broker that appends what its transaction coordinator has not been told of."""
    data = tmp_path_factory.mktemp("kafka")
    lax = {"transaction.partition.verification.enable": "false"}
    found = start_broker(data, data.with_suffix(".log"), os.environ, lambda _: None, QUICK_START, lax)
    create(found.kafka, 2, 1)
    yield found.kafka
    found.stop()


@pytest.fixture
def repair(broker: KafkaSettings) -> Sluice:
    """`sluice repair` as a shell sees it."""

    def run(*words: str) -> Answer:
        command = [sys.executable, "-m", "sluice.cli.main", "repair", "--patience", PATIENCE, *words]
        env = {"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap, "PATH": ""}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)

    return run


@pytest.fixture(scope="module")
def member(broker: KafkaSettings) -> Iterator[Consumer]:
    """A living member of the orchestrator's group, instance 0, with a committed offset."""
    consumer = group_consumer(broker, ORCHESTRATOR, "0")
    consumer.subscribe([Topic.CONTENTS.value])
    while not consumer.assignment():
        consumer.poll(0.1)
    consumer.commit(offsets=[TopicPartition(Topic.CONTENTS, 0, 3)], asynchronous=False)
    yield consumer
    consumer.close()


def decide(kafka: KafkaSettings, *values: bytes) -> None:
    """Publishes as the orchestrator does: in a transaction that is committed."""
    producer = transactional_producer(kafka, SLOT)
    producer.init_transactions(30)
    producer.begin_transaction()
    for value in values:
        producer.produce(Topic.DECISIONS, value, partition=0)
    producer.commit_transaction(30)


def readable(kafka: KafkaSettings, topic: Topic, count: int, seconds: float) -> list[bytes]:
    def enough(records: list[Record]) -> bool:
        return len(records) >= count

    return [record.value for record in read_until(kafka, topic, enough, seconds)]


def found(answer: Answer) -> list[tuple[str, str, int, int, str | None]]:
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    return [(line["state"], line["topic"], line["partition"], line["offset"], line["group"]) for line in lines]


def test_the_checksum_of_the_batches_is_crc32c() -> None:
    assert crc32c(b"123456789") == 0xE3069283


def test_where_nothing_hangs_nothing_is_done(broker: KafkaSettings, repair: Sluice) -> None:
    decide(broker, b"first")
    for words in (["--check"], ["--yes"]):
        answer = repair(*words)
        assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "sluice: no transaction hangs\n")


def test_an_open_transaction_that_ends_in_time_does_not_hang(broker: KafkaSettings, repair: Sluice) -> None:
    # The broker must not end it before the command has seen it, however slowly that one starts.
    producer = plain_producer(broker, {"transactional.id": "open-for-a-while", "transaction.timeout.ms": 55_000})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(Topic.VERDICTS, b"open", partition=0)
    producer.flush(10)
    with Looker(broker) as looker:
        look = looker.look()
    assert look[LogEnd(Topic.VERDICTS, 0)].held
    assert [str(place) for place, state in look.items() if state.held] == [f"{Topic.VERDICTS}[0]"]
    command = [sys.executable, "-m", "sluice.cli.main", "repair", "--patience", "100", "--check"]
    env = {"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap, "PATH": ""}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stderr is not None
        assert "an open transaction holds something up" in watching.stderr.readline()
        producer.commit_transaction(30)
        assert watching.wait(60) == 0
        assert "no transaction hangs" in watching.stderr.read()


def test_a_hanging_transaction_is_found_and_ended(broker: KafkaSettings, repair: Sluice, member: Consumer) -> None:
    with RawClient(broker.bootstrap) as raw:
        producer = raw.init_producer(SLOT)
        at = raw.append(Topic.DECISIONS, 0, SLOT, producer, b"hanging")
        raw.commit_offset(ORCHESTRATOR, Topic.CONTENTS, 0, 99, SLOT, producer)
    after = plain_producer(broker)
    after.produce(Topic.DECISIONS, b"behind it", partition=0)
    assert after.flush(10) == 0
    # A start under the same id, which ends what its predecessor left open, does not help.
    transactional_producer(broker, SLOT).init_transactions(30)

    hangs = [
        ("hangs", Topic.DECISIONS, 0, at, None),
        ("hangs", Topic.CONTENTS, 0, 3, ORCHESTRATOR),
    ]
    checked = repair("--check")
    assert checked.returncode == 1
    assert found(checked) == hangs
    assert "`sluice repair` ends what sluice writes" in checked.stderr
    assert readable(broker, Topic.DECISIONS, 2, 1) == [b"first"]

    unasked = repair()
    assert unasked.returncode == 2
    assert (
        f"to be aborted under these transactional ids, one after the other until nothing hangs: {SLOT}"
        in unasked.stderr
    )
    assert "--yes" in unasked.stderr
    assert readable(broker, Topic.DECISIONS, 2, 1) == [b"first"]

    ended = repair("--yes")
    assert ended.returncode == 0, ended.stderr
    assert found(ended) == hangs
    assert f"{Topic.DECISIONS}[0] is free" in ended.stderr
    assert repair("--check").returncode == 0
    decide(broker, b"last")
    assert readable(broker, Topic.DECISIONS, 4, 2) == [b"first", b"behind it", b"last"]
    (committed,) = member.committed([TopicPartition(Topic.CONTENTS, 0)], 10)
    assert committed.offset == 3


def test_what_a_replica_that_is_gone_left_is_ended_under_its_name(broker: KafkaSettings, repair: Sluice) -> None:
    gone = f"{ORCHESTRATOR}-seven"
    with RawClient(broker.bootstrap) as raw:
        raw.append(Topic.INCIDENTS, 1, gone, raw.init_producer(gone), b"hanging")
    assert repair("--yes", "--instance", "seven").returncode == 0
    assert readable(broker, Topic.INCIDENTS, 1, 1) == []


def test_a_strangers_is_told_and_left_alone(broker: KafkaSettings, repair: Sluice) -> None:
    with RawClient(broker.bootstrap) as raw:
        at = raw.append(Topic.REQUESTS, 1, STRANGER, raw.init_producer(STRANGER), b"hanging")
    place = LogEnd(Topic.REQUESTS, 1)
    answer = repair("--yes")
    assert answer.returncode == 1
    assert found(answer) == [("hangs", Topic.REQUESTS, 1, at, None)]
    assert (
        f"kafka-transactions.sh --bootstrap-server {broker.bootstrap} abort "
        f"--topic {Topic.REQUESTS} --partition 1 --start-offset {at}"
    ) in answer.stderr
    with Looker(broker) as looker:
        assert looker.look()[place].held
    abort_as(broker, STRANGER, [place])
    assert repair("--check").returncode == 0


def test_places_are_told_by_name() -> None:
    assert str(GroupOffset("a-group", Topic.VERDICTS, 2)) == "the offset of a-group in moderation.verdicts[2]"
