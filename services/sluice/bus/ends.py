"""Where a partition's log begins and ends."""

import contextlib

from confluent_kafka import Consumer, KafkaException, TopicPartition


def log_ends(consumer: Consumer, topic: str, partition: int, seconds: float) -> tuple[int, int]:
    """The offsets of the first record and behind the last one, now. KafkaException: it may be asked again.

    A client that reads no topic does not look for a leader again that was missing when it looked last: without help
    it answers `_UNKNOWN_PARTITION` for good (librdkafka 2.16).
    """
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), seconds)
    except KafkaException:
        with contextlib.suppress(KafkaException):
            consumer.list_topics(topic, timeout=seconds)
        raise
    return int(low), int(high)
