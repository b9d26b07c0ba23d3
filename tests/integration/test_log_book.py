"""What a topic says of an id, on a real broker: at hand, further back in the log, gone, or never there."""

import asyncio
import io
from collections.abc import Iterator

import pytest
from confluent_kafka import OFFSET_END, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from sluice.bus.clients import transactional_producer
from sluice.bus.find import finder
from sluice.bus.log_book import LogBook, NotKeptError
from sluice.deadline import Deadline
from sluice.errors import RetryableError
from sluice.ids import new_request_id, partition_for
from sluice.local.kafka import Broker
from sluice.local.ports import LOOPBACK, free_ports
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log
from tests.integration.quick_start import quick_broker

TOPIC, PARTITIONS = "decided", 2
WHOLE, REMEMBER = 4, 16


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    found = quick_broker(tmp_path_factory.mktemp("kafka") / "data")
    admin = AdminClient({**found.kafka.properties, "log_level": 0})
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])[TOPIC].result()
    yield found
    found.stop()


def write(broker: Broker, ids: list[str]) -> None:
    """A committed record for each id, one transaction each, as the orchestrator does it."""
    producer = transactional_producer(broker.kafka, "test")
    producer.init_transactions(30)
    for request_id in ids:
        producer.begin_transaction()
        producer.produce(TOPIC, key=request_id, value=value_of(request_id), partition=place(request_id))
        producer.commit_transaction(30)


def place(request_id: str) -> int:
    return partition_for(request_id, PARTITIONS)


def value_of(request_id: str) -> bytes:
    return f"decision of {request_id}".encode()


def on_partition(ids: list[str], at: int) -> list[str]:
    return [request_id for request_id in ids if place(request_id) == at]


def forget(broker: Broker, partition: int) -> None:
    """Deletes everything on a partition, as retention would."""
    admin = AdminClient({**broker.kafka.properties, "log_level": 0})
    everything = TopicPartition(TOPIC, partition, OFFSET_END)
    admin.delete_records([everything])[TopicPartition(TOPIC, partition)].result()


async def test_ids_are_found_for_as_long_as_they_are_remembered(broker: Broker) -> None:
    ids = [new_request_id() for _ in range(120)]
    write(broker, ids)
    book = LogBook(broker.kafka, TOPIC, Log("test", stream=io.StringIO()), REMEMBER, WHOLE)
    await book.start()
    await book.caught_up(Deadline.after(60))
    soon = Deadline.after(60)
    remembered = [request_id for at in range(PARTITIONS) for request_id in on_partition(ids, at)[-REMEMBER:]]
    for request_id in [*ids[-WHOLE:], *remembered[:3], *remembered[-3:]]:
        assert await book.get(request_id, soon) == value_of(request_id)
        assert await book.wait(request_id, soon) == value_of(request_id)
    for at in range(PARTITIONS):
        assert await book.get(on_partition(ids, at)[0], soon) is None
    assert await book.get(new_request_id(), soon) is None

    given_up = asyncio.create_task(book.wait(new_request_id(), soon))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    assert book._tail._waiters == {}

    late = new_request_id()
    waiting = [asyncio.create_task(book.wait(late, soon)) for _ in range(2)]
    assert await book.wait(late, Deadline.after(0.1)) is None
    write(broker, [late])
    assert await asyncio.gather(*waiting) == [value_of(late)] * 2

    # Retention takes what is old; an id that is remembered is then not taken for a new one.
    old = on_partition(ids, 0)[-REMEMBER // 2]
    forget(broker, 0)
    with pytest.raises(NotKeptError):
        await book.get(old, soon)
    await book.close()


async def test_a_broker_that_is_away_is_no_answer() -> None:
    (port,) = free_ports(1)
    nobody = KafkaSettings({"bootstrap.servers": f"{LOOPBACK}:{port}"})
    with pytest.raises(RetryableError):
        await finder(nobody, seconds=0.5)(TOPIC, 0, 0)
