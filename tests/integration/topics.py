"""Reading a topic as it lies."""

import time
from collections.abc import Callable

from confluent_kafka import Message, TopicPartition

from sluice.bus.clients import log_reader
from sluice.bus.problems import is_end_of_partition
from sluice.bus.record import Record
from sluice.settings import KafkaSettings

WHOLE_SECONDS = 120.0
"""For what is there already, on a machine that is busy."""


def read_until(
    kafka: KafkaSettings, topic: str, enough: Callable[[list[Record]], bool], seconds: float
) -> list[Record]:
    """Everything on a topic, read_committed from its beginning, until `enough` or the time is over.

    The time is for what is still to come: it begins once each partition has been read to its end.
    """
    reader = log_reader(kafka)
    found: list[Record] = []
    try:
        partitions = reader.list_topics(topic, timeout=30.0).topics[topic].partitions
        reader.assign([TopicPartition(topic, partition, 0) for partition in partitions])
        unread, until = set(partitions), time.monotonic() + WHOLE_SECONDS
        while time.monotonic() < until and not enough(found):
            messages = reader.consume(500, 0.2)
            found += [Record.of(message) for message in messages if message.error() is None]
            if unread:
                unread -= {message.partition() for message in messages if _is_end(message)}
                until = until if unread else time.monotonic() + seconds
    finally:
        reader.close()
    return found


def _is_end(message: Message) -> bool:
    error = message.error()
    return error is not None and is_end_of_partition(error)


def of_request(
    kafka: KafkaSettings, topic: str, request_id: str, count: int = 1, seconds: float = 90.0
) -> list[Record]:
    """A request's records on a topic: at least `count`, or what was there when the time was over."""

    def mine(records: list[Record]) -> list[Record]:
        return [record for record in records if record.key == request_id.encode()]

    return mine(read_until(kafka, topic, lambda records: len(mine(records)) >= count, seconds))
