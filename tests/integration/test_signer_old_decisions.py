"""A picture that waited for days still finds its decision in the log, on a real broker."""

from collections.abc import Iterator

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from c2pa_signer.service import decision_of_then
from sluice.bus.clients import transactional_producer
from sluice.bus.scan import scan
from sluice.bus.topics import Topic
from sluice.local.kafka import Broker
from sluice.settings import KafkaSettings
from tests.integration.quick_start import quick_broker

IDS = ("first", "second", "third")
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    found: Broker = quick_broker(tmp_path_factory.mktemp("kafka") / "data")
    config = {"message.timestamp.type": "LogAppendTime"}
    topics = [NewTopic(topic, 1, 1, config=config) for topic in (Topic.DECISIONS, Topic.APPROVED)]
    admin = AdminClient({**found.kafka.properties, "log_level": 0})
    for made in admin.create_topics(topics).values():
        made.result()
    producer = transactional_producer(found.kafka, "test")
    producer.init_transactions(30)
    for request_id in IDS:
        producer.begin_transaction()
        for topic in (Topic.APPROVED, Topic.DECISIONS):
            producer.produce(topic, key=request_id, value=f"{topic} {request_id}", partition=0)
        producer.commit_transaction(30)
    yield found.kafka
    found.stop()


def test_a_decision_lies_where_its_picture_was_approved(kafka: KafkaSettings) -> None:
    approved = list(scan(kafka, Topic.APPROVED))
    assert [record.key.decode() for record in approved] == list(IDS)
    for record in approved:
        found = decision_of_then(kafka, record.key.decode(), 0, record.timestamp_ms)
        assert found is not None
        assert found.value.decode() == f"{Topic.DECISIONS} {record.key.decode()}"
    at_ms = approved[0].timestamp_ms
    assert decision_of_then(kafka, "nobody", 0, at_ms) is None
    assert decision_of_then(kafka, IDS[0], 0, at_ms + HOUR_MS) is None
