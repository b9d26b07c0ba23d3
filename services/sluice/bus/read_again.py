"""How a client that was refused learns that it no longer is, on a topic that nobody writes just then.

The client tells a refusal once, goes on trying, and says nothing when it is let in: what shows it is the next record,
or the end of the partition. The end is told once for each place that reading begins at (librdkafka keeps the last
error and the last end of each partition, rdkafka_fetcher.c), so reading is begun again at the same place.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from sluice.bus.stalls import Key

AGAIN_SECONDS: Final = 3.0
"""Between two looks, for as long as something is refused."""

_ASK_SECONDS = 1.0


def read_again(consumer: Consumer, keys: Iterable[Key], ends: Mapping[Key, int]) -> None:
    """Has the client read these partitions of its assignment on from where they stand. `ends`: those that it told.

    A partition that has not told anything since it was assigned is left: its first record or end is still to come.
    """
    for topic, number in keys:
        try:
            (found,) = consumer.position([TopicPartition(topic, number)])
            at = max(found.offset, ends.get((topic, number), -1))
            if at >= 0:
                consumer.seek(TopicPartition(topic, number, at))
        except KafkaException:
            # Not in the state for it, as while its leader is looked for: the next look tries again.
            continue


def can_see(looker: Consumer, topic: str) -> bool:
    """Whether the broker shows us the topic; False also where it does not answer."""
    try:
        found = looker.list_topics(topic, timeout=_ASK_SECONDS).topics.get(topic)
    except KafkaException:
        return False
    return found is not None and found.error is None


def can_use_group(consumer: Consumer, topic: str) -> bool:
    """Whether the broker answers the consumer about its own group; False also where it does not answer."""
    try:
        (found,) = consumer.committed([TopicPartition(topic, 0)], timeout=_ASK_SECONDS)
    except KafkaException:
        return False
    return found.error is None
