"""Reading a topic as it lies."""

import time
from collections.abc import Callable

from confluent_kafka import TopicPartition

from sluice.bus.clients import log_reader
from sluice.bus.record import Record
from sluice.settings import KafkaSettings


def read_until(
    kafka: KafkaSettings, topic: str, enough: Callable[[list[Record]], bool], seconds: float
) -> list[Record]:
    """Everything on a topic, read_committed from its beginning, until `enough` or the time is over."""
    reader = log_reader(kafka)
    found: list[Record] = []
    try:
        partitions = reader.list_topics(topic, timeout=10.0).topics[topic].partitions
        reader.assign([TopicPartition(topic, partition, 0) for partition in partitions])
        until = time.monotonic() + seconds
        while time.monotonic() < until and not enough(found):
            found += [Record.of(message) for message in reader.consume(500, 0.2) if message.error() is None]
    finally:
        reader.close()
    return found


def of_request(
    kafka: KafkaSettings, topic: str, request_id: str, count: int = 1, seconds: float = 30.0
) -> list[Record]:
    """A request's records on a topic: at least `count`, or what was there when the time was over."""

    def mine(records: list[Record]) -> list[Record]:
        return [record for record in records if record.key == request_id.encode()]

    return mine(read_until(kafka, topic, lambda records: len(mine(records)) >= count, seconds))
