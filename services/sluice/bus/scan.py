"""Reading a topic once, as far as it goes now: for commands, which belong to no group and commit nothing."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Final

from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition

from sluice.bus.clients import log_reader
from sluice.bus.ends import log_ends
from sluice.bus.problems import is_end_of_partition
from sluice.bus.record import Record
from sluice.bus.refusals import check_granted
from sluice.errors import RetryableError
from sluice.settings import KafkaSettings

CALL_SECONDS: Final = 15.0
"""How long the broker may take to answer, and to hand over the next records."""

FIRST_BLOCK: Final = 2_000
"""Offsets that are looked at first by whoever looks for a recent record; each further block has twice as many."""

MOST_BLOCK: Final = 100_000


def count_partitions(kafka: KafkaSettings, topic: str) -> int:
    """How many partitions the topic has. RetryableError where the broker does not answer or has no such topic."""
    with topic_reader(kafka, topic) as reader:
        return len(partition_numbers(reader, kafka, topic))


def scan(
    kafka: KafkaSettings, topic: str, since_ms: int = 0, partition: int | None = None
) -> Generator[Record, None, None]:
    """Every committed record up to the end now, partition by partition as they come.

    `since_ms`: milliseconds since the epoch; nothing that came earlier. `partition`: that one alone. RetryableError
    where the broker does not answer or has no such topic.
    """
    with topic_reader(kafka, topic) as reader:
        numbers = partition_numbers(reader, kafka, topic) if partition is None else [partition]
        places = [TopicPartition(topic, number, since_ms) for number in numbers]
        if since_ms:
            found = reader.offsets_for_times(places, timeout=CALL_SECONDS)
            # OFFSET_END: nothing came since.
            places = [place for place in found if place.offset != OFFSET_END]
        reader.assign(places)
        left = {place.partition for place in places}
        quiet_since = time.monotonic()
        while left:
            messages = reader.consume(500, 0.1)
            if messages:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > CALL_SECONDS:
                raise RetryableError(f"no answer from {kafka.bootstrap} within {CALL_SECONDS:.0f} s")
            for message in messages:
                problem = message.error()
                if problem is None:
                    yield Record.of(message)
                elif is_end_of_partition(problem):
                    left.discard(message.partition() or 0)
                else:
                    check_granted(problem, topic)


def newest(kafka: KafkaSettings, topic: str, partition: int, key: str, since_ms: int = 0) -> Record | None:
    """The newest committed record with this key on the partition, or None.

    It is looked for from the end of the log backwards, so what is recent is found soon and what is not there costs
    a reading of all that is kept. `since_ms`, RetryableError: as for `scan`.
    """
    with topic_reader(kafka, topic) as reader:
        low, end = log_ends(reader, topic, partition, CALL_SECONDS)
        if since_ms:
            (place,) = reader.offsets_for_times([TopicPartition(topic, partition, since_ms)], timeout=CALL_SECONDS)
            low = end if place.offset == OFFSET_END else max(low, place.offset)
        size = FIRST_BLOCK
        while end > low:
            begin = max(low, end - size)
            found = _newest_between(reader, TopicPartition(topic, partition, begin), end, key.encode())
            if found is not None:
                return found
            end, size = begin, min(MOST_BLOCK, size * 2)
    return None


def first(kafka: KafkaSettings, topic: str, partition: int, key: str, since_ms: int, until_ms: int) -> Record | None:
    """The first committed record with this key on the partition that came from `since_ms` on, or None.

    `until_ms`: it is not looked for any further than what came later than this. RetryableError: as for `scan`.
    """
    with closing(scan(kafka, topic, since_ms, partition)) as records:
        for record in records:
            if record.key == key.encode():
                return record
            if record.timestamp_ms > until_ms:
                break
    return None


def end_of(kafka: KafkaSettings, topic: str, partition: int) -> int:
    """The offset behind the partition's last record now. RetryableError."""
    with topic_reader(kafka, topic) as reader:
        return log_ends(reader, topic, partition, CALL_SECONDS)[1]


def wait_for(
    kafka: KafkaSettings, topic: str, partition: int, key: str, offset: int, seconds: float
) -> Record | None:
    """The first committed record with this key from `offset` on, as soon as there is one; None after `seconds`."""
    give_up = time.monotonic() + seconds
    with topic_reader(kafka, topic) as reader:
        reader.assign([TopicPartition(topic, partition, offset)])
        while (left := give_up - time.monotonic()) > 0:
            for message in reader.consume(500, min(0.1, left)):
                problem = message.error()
                if problem is not None:
                    check_granted(problem, topic)
                elif message.key() == key.encode():
                    return Record.of(message)
    return None


def _newest_between(reader: Consumer, begin: TopicPartition, end: int, key: bytes) -> Record | None:
    """The last record with this key from `begin` up to, and without, the offset `end`."""
    found: Record | None = None
    reader.assign([begin])
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < CALL_SECONDS:
        for message in reader.consume(500, 0.1):
            quiet_since = time.monotonic()
            problem = message.error()
            if problem is not None and not is_end_of_partition(problem):
                check_granted(problem, begin.topic)
                continue
            # Where the block ends with markers of transactions, only what lies behind it shows that it is over.
            if problem is not None or (message.offset() or 0) >= end:
                return found
            if message.key() == key:
                found = Record.of(message)
    raise RetryableError(f"no answer from the broker within {CALL_SECONDS:.0f} s")


@contextmanager
def topic_reader(kafka: KafkaSettings, topic: str) -> Iterator[Consumer]:
    """A reader of committed records, closed in the end; its trouble is a RetryableError that names the topic."""
    reader = log_reader(kafka)
    try:
        yield reader
    except KafkaException as error:
        problem = error.args[0]
        check_granted(problem, topic)
        raise RetryableError(f"{topic} at {kafka.bootstrap}: {problem.str()}") from error
    finally:
        reader.close()


def partition_numbers(reader: Consumer, kafka: KafkaSettings, topic: str) -> list[int]:
    """The topic's partitions. RetryableError where there is no such topic."""
    state = reader.list_topics(topic, timeout=CALL_SECONDS).topics[topic]
    if state.error is not None:
        check_granted(state.error, topic)
    found = state.partitions
    if not found:
        raise RetryableError(f"{kafka.bootstrap} has no topic {topic}: `sluice topics create` makes it")
    return sorted(found)
