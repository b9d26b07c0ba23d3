"""Records on a broker that asks who writes and reads them."""

from sluice.bus.clients import log_reader, plain_producer
from sluice.bus.topics import Topic
from sluice.ids import partition_for
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import Decision
from sluice.v1.request_pb2 import Request
from tests.integration.secured_kafka import SecuredKafka

PARTITIONS = 4


def publish(kafka: KafkaSettings, topic: Topic, key: str, value: bytes) -> None:
    """Written, as a principal that may."""
    failed: list[str] = []
    producer = plain_producer(kafka)
    producer.produce(
        topic,
        value,
        key=key.encode(),
        partition=partition_for(key, PARTITIONS),
        on_delivery=lambda error, _: failed.append(error.name()) if error is not None else None,
    )
    assert producer.flush(60) == 0
    assert not failed


def record_of(kafka: KafkaSettings, topic: Topic, request_id: str, group: str) -> bytes:
    """The request's record, read by a member of a group as a program of yours would."""
    reader = log_reader(kafka, group=group)
    try:
        reader.subscribe([topic.value])
        for _ in range(600):
            message = reader.poll(0.2)
            if message is None or message.error() is not None:
                continue
            if message.key() == request_id.encode():
                reader.commit(message=message, asynchronous=False)
                return message.value() or b""
    finally:
        reader.close()
    raise AssertionError(f"nothing of {request_id} on {topic}")


def decided(kafka: SecuredKafka, request: Request) -> Decision:
    """Asked and answered over Kafka alone."""
    generator = kafka.login("generator")
    publish(generator, Topic.REQUESTS, request.id, request.SerializeToString())
    return Decision.FromString(record_of(generator, Topic.DECISIONS, request.id, "generator-tests"))
