"""The client library's own stand-in for a cluster, in this process: it has topics and groups, and refuses nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Producer

from sluice.settings import KafkaSettings


@contextmanager
def mock_broker(*topics: str) -> Iterator[KafkaSettings]:
    """One with these topics, each of four empty partitions."""
    cluster = Producer({"bootstrap.servers": "none:1", "test.mock.num.brokers": 1, "log_level": 0})
    for topic in topics:
        found = cluster.list_topics(topic, timeout=20)
    (broker,) = found.brokers.values()
    yield KafkaSettings({"bootstrap.servers": f"{broker.host}:{broker.port}"})
    # The cluster ends with the client that made it.
    cluster.flush(1)
