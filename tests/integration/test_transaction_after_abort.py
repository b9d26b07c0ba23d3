"""A transaction that follows an aborted one, whose records were in the log already when their answers went missing.

The client would use the same sequence numbers again, and the broker take what comes for the records that it has: they
would be acknowledged, committed, and gone. Three real brokers, of which one is stopped at the wrong moment.
"""

import io
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast, overload

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from sluice.bus.assignment import Assignment
from sluice.bus.clients import group_consumer, log_reader, transactional_producer
from sluice.bus.offsets import OffsetTracker
from sluice.bus.record import Outgoing, Record
from sluice.bus.topics import Topic
from sluice.bus.transactions import Callbacks, Finished, Transactions
from sluice.local.cluster import Cluster
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log
from tests.chaos.topics import create_topics
from tests.integration.topics import read_until

GROUP = "after-abort"
_CUT_SECONDS = 4.0
"""After three, the client closes a connection on which nothing comes, and sends again on another one. What is not
answered there either is what an abort forgets.
"""


class Interrupted(Sequence[Outgoing]):
    """Two results of a record. Once, something happens between the first and the second."""

    def __init__(self, between: Callable[[], None]) -> None:
        self._found = [Outgoing(Topic.DECISIONS, 0, b"", value) for value in (b"one", b"two")]
        self._between: Callable[[], None] | None = between

    def __iter__(self) -> Iterator[Outgoing]:
        yield self._found[0]
        between, self._between = self._between, None
        if between is not None:
            between()
        yield self._found[1]

    @overload
    def __getitem__(self, index: int) -> Outgoing: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Outgoing]: ...
    def __getitem__(self, index: int | slice) -> Outgoing | Sequence[Outgoing]:
        return self._found[index]

    def __len__(self) -> int:
        return len(self._found)


class Refused:
    """A producer whose group refuses its first offsets, as after a rebalance, once answers have gone missing."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._refused = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def send_offsets_to_transaction(self, *words: Any) -> None:
        if not self._refused:
            self._refused = True
            self._producer.flush(_CUT_SECONDS)
            raise KafkaException(KafkaError(KafkaError.UNKNOWN_MEMBER_ID, "gone", False, False, True))
        self._producer.send_offsets_to_transaction(*words)


def leader(kafka: KafkaSettings) -> int:
    """The node that leads the decisions, once all their replicas are in step."""
    admin = AdminClient(dict(kafka.properties))
    while True:
        found = admin.list_topics(Topic.DECISIONS, timeout=10).topics[Topic.DECISIONS].partitions[0]
        if len(found.isrs) == 3:
            return int(found.leader)
        time.sleep(0.2)


def member(kafka: KafkaSettings) -> Consumer:
    """A member of the group that has partitions."""
    consumer = group_consumer(kafka, GROUP, "0")
    consumer.subscribe([str(Topic.REQUESTS)])
    while not consumer.assignment():
        consumer.poll(0.1)
    return consumer


def appended(kafka: KafkaSettings) -> None:
    """Waits for a first decision, committed or not."""
    reader = log_reader(kafka, read_committed=False)
    reader.assign([TopicPartition(Topic.DECISIONS, 0, 0)])
    message = reader.poll(0.1)
    while message is None or message.error() is not None:
        message = reader.poll(0.1)
    reader.close()


@pytest.mark.timeout(240)
def test_what_is_published_again_after_an_abort_is_there(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, 3, os.environ, lambda _: None)
    told = io.StringIO()
    try:
        cluster.start()
        kafka = cluster.kafka
        create_topics(cluster, 1)
        consumer = member(kafka)
        victim = next(node for node in cluster.nodes if node.number != leader(kafka))
        made = (Refused(transactional_producer(kafka, "slot")), transactional_producer(kafka, "slot"))
        producers = iter(made)

        def freeze() -> None:
            appended(kafka)
            victim.send(signal.SIGSTOP)

        assignment = Assignment(consumer.consumer_group_metadata())
        assignment.adopt(Topic.REQUESTS, 0, OffsetTracker())
        record = Record(Topic.REQUESTS, 0, 0, b"", b"", 0)
        assert assignment.start(record)
        callbacks = Callbacks(lambda: assignment, lambda _: None, lambda *_: None, lambda _: None)
        found = Transactions(lambda: cast("Producer", next(producers)), callbacks, Log("test", stream=told))
        found.start()
        assert found.ready.wait(60)
        found.add(Finished(record, Interrupted(freeze), assignment))
        until = time.monotonic() + 60
        while "transaction aborted" not in told.getvalue():
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(_CUT_SECONDS + 1)
        victim.send(signal.SIGCONT)
        assert found.flush(60)
        found.close(5)
        consumer.close()
        records = read_until(kafka, Topic.DECISIONS, lambda found: len(found) >= 2, 10)
        assert [one.value for one in records] == [b"one", b"two"]
        [committed] = log_reader(kafka, group=GROUP).committed([TopicPartition(Topic.REQUESTS, 0)], 30)
        assert committed.offset == 1
    finally:
        cluster.stop()
