"""A topic read once, on a real broker: forwards, backwards from its end, and onwards."""

import threading
from collections.abc import Iterator

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from sluice.bus.clients import transactional_producer
from sluice.bus.scan import FIRST_BLOCK, count_partitions, end_of, first, newest, scan, wait_for
from sluice.errors import RetryableError
from sluice.local.kafka import Broker
from sluice.settings import KafkaSettings
from tests.integration.quick_start import quick_broker

TOPIC, PARTITIONS = "scanned", 2
RECORDS = FIRST_BLOCK * 4
"""On partition 0, a marker behind each hundred; partition 1 stays empty."""


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    found: Broker = quick_broker(tmp_path_factory.mktemp("kafka") / "data")
    admin = AdminClient({**found.kafka.properties, "log_level": 0})
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1, config={"message.timestamp.type": "LogAppendTime"})])[
        TOPIC
    ].result()
    for begin in range(0, RECORDS, 100):
        write(found.kafka, [f"k{number}" for number in range(begin, begin + 100)])
    write(found.kafka, ["taken-back"], commit=False)
    yield found.kafka
    found.stop()


def write(kafka: KafkaSettings, keys: list[str], commit: bool = True) -> None:
    """One transaction on partition 0."""
    producer = transactional_producer(kafka, "test")
    producer.init_transactions(30)
    producer.begin_transaction()
    for key in keys:
        producer.produce(TOPIC, key=key, value=f"of {key}", partition=0)
    if commit:
        producer.commit_transaction(30)
    else:
        producer.flush(30)
        producer.abort_transaction(30)


def test_everything_that_was_committed(kafka: KafkaSettings) -> None:
    assert [record.key for record in scan(kafka, TOPIC)] == [f"k{number}".encode() for number in range(RECORDS)]
    assert list(scan(kafka, TOPIC, partition=1)) == []
    assert count_partitions(kafka, TOPIC) == PARTITIONS
    # A marker behind each transaction, the one that was taken back too.
    assert end_of(kafka, TOPIC, 0) == RECORDS + RECORDS // 100 + 2


@pytest.mark.parametrize("number", [0, 1, RECORDS // 2, RECORDS - FIRST_BLOCK, RECORDS - 100, RECORDS - 1])
def test_a_record_is_found_wherever_it_lies(kafka: KafkaSettings, number: int) -> None:
    for found in (newest(kafka, TOPIC, 0, f"k{number}"), first(kafka, TOPIC, 0, f"k{number}", 0, 1 << 60)):
        assert found is not None
        assert (found.key, found.value) == (f"k{number}".encode(), f"of k{number}".encode())


@pytest.mark.parametrize("key", ["taken-back", "never-there"])
def test_what_is_not_there_is_not_found(kafka: KafkaSettings, key: str) -> None:
    assert newest(kafka, TOPIC, 0, key) is None
    assert first(kafka, TOPIC, 0, key, 0, 1 << 60) is None
    assert newest(kafka, TOPIC, 1, key) is None


def test_time_bounds_what_is_looked_at(kafka: KafkaSettings) -> None:
    *_, last = scan(kafka, TOPIC, partition=0)
    middle = newest(kafka, TOPIC, 0, f"k{RECORDS // 2}")
    assert middle is not None
    since = [record.offset for record in scan(kafka, TOPIC, middle.timestamp_ms)]
    assert 0 < len(since) < RECORDS
    assert since[-1] == last.offset
    assert newest(kafka, TOPIC, 0, "k0", middle.timestamp_ms) is None
    assert newest(kafka, TOPIC, 0, f"k{RECORDS - 1}", middle.timestamp_ms) is not None
    assert first(kafka, TOPIC, 0, f"k{RECORDS - 1}", 0, middle.timestamp_ms) is None
    assert list(scan(kafka, TOPIC, last.timestamp_ms + 60_000)) == []
    assert newest(kafka, TOPIC, 0, "k0", last.timestamp_ms + 60_000) is None


def test_the_first_and_the_newest_of_one_key(kafka: KafkaSettings) -> None:
    write(kafka, ["twice"])
    write(kafka, ["twice"])
    early, late = first(kafka, TOPIC, 0, "twice", 0, 1 << 60), newest(kafka, TOPIC, 0, "twice")
    assert early is not None
    assert late is not None
    assert early.offset < late.offset


def test_what_is_still_to_come_is_waited_for(kafka: KafkaSettings) -> None:
    end = end_of(kafka, TOPIC, 0)
    writer = threading.Timer(1, write, (kafka, ["later"]))
    writer.start()
    found = wait_for(kafka, TOPIC, 0, "later", end, 60)
    writer.join()
    assert found is not None
    assert found.offset >= end
    assert wait_for(kafka, TOPIC, 0, "never-there", end, 0.5) is None


def test_a_topic_that_is_not_there(kafka: KafkaSettings) -> None:
    with pytest.raises(RetryableError, match="sluice topics create"):
        count_partitions(kafka, "no-such-topic")
    with pytest.raises(RetryableError, match="sluice topics create"):
        list(scan(kafka, "no-such-topic"))
