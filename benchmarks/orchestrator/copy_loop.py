"""The least that a transactional worker can do: reads contents and verdicts, writes one record per request.

python -m benchmarks.orchestrator.copy_loop BOOTSTRAP BYTES: records of that many bytes, with the orchestrator's own
clients and the sizes of its transactions. Nothing is parsed, joined or decided.
"""

import sys
import time
import uuid

from confluent_kafka import TopicPartition

from benchmarks.orchestrator.topics import COPIES
from orchestrator.stream import BATCH, MOST_PER_TRANSACTION, MOST_SECONDS_PER_TRANSACTION
from sluice.bus.clients import group_consumer, transactional_producer
from sluice.bus.topics import Topic
from sluice.settings import KafkaSettings

_CALL_SECONDS = 10.0


def run(kafka: KafkaSettings, size: int) -> None:
    """Until it is killed."""
    name = f"copy-{uuid.uuid4()}"
    consumer = group_consumer(kafka, name, "0")
    producer = transactional_producer(kafka, name)
    producer.init_transactions(30.0)
    consumer.subscribe([str(Topic.CONTENTS), str(Topic.VERDICTS)])
    value = bytes(size)
    position: dict[tuple[str, int], int] = {}
    begun: float | None = None
    copies: list[tuple[bytes | str | None, int]] = []
    while True:
        first = consumer.poll(0.01)
        messages = [] if first is None else [first, *consumer.consume(BATCH - 1, 0)]
        for message in messages:
            if message.error() is not None:
                continue
            topic, partition = message.topic() or "", message.partition() or 0
            position[topic, partition] = (message.offset() or 0) + 1
            if topic == Topic.VERDICTS:
                begun = begun or time.monotonic()
                copies.append((message.key(), partition))
        idle = len(messages) < BATCH
        if begun is None:
            continue
        old = time.monotonic() - begun >= MOST_SECONDS_PER_TRANSACTION
        if idle or old or len(copies) >= MOST_PER_TRANSACTION:
            offsets = [TopicPartition(topic, number, offset) for (topic, number), offset in position.items()]
            metadata = consumer.consumer_group_metadata()
            producer.begin_transaction()
            producer.send_offsets_to_transaction(offsets, metadata, _CALL_SECONDS)
            for key, partition in copies:
                producer.produce(COPIES, value, key, partition)
            producer.commit_transaction(_CALL_SECONDS)
            begun = None
            copies.clear()


if __name__ == "__main__":
    run(KafkaSettings({"bootstrap.servers": sys.argv[1]}), int(sys.argv[2]))
