"""Reading the dead letters back."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition
from google.protobuf.message import DecodeError

from sluice.bus.clients import log_reader
from sluice.bus.problems import is_end_of_partition
from sluice.bus.record import Headers, Record
from sluice.bus.topics import Topic
from sluice.errors import RetryableError
from sluice.settings import KafkaSettings
from sluice.v1.dead_letter_pb2 import DeadLetter

CALL_SECONDS = 15.0
"""How long the broker may take to answer, and to hand over the next records."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter and where it lies. `key` and `trace` are the original record's; `at_ms`: UTC, when it came."""

    partition: int
    offset: int
    at_ms: int
    key: bytes
    trace: Headers
    letter: DeadLetter

    @property
    def place(self) -> str:
        """PARTITION:OFFSET, as the command takes it."""
        return f"{self.partition}:{self.offset}"

    @classmethod
    def of(cls, record: Record) -> "Letter | None":
        """A record of the topic; None where it is not a dead letter."""
        try:
            letter = DeadLetter.FromString(record.value)
        except DecodeError:
            return None
        return cls(record.partition, record.offset, record.timestamp_ms, record.key, record.trace(), letter)


def read_dead_letters(kafka: KafkaSettings, since_ms: int = 0) -> Iterator[Record]:
    """Every record of the topic up to its end now, partition by partition as they come.

    `since_ms`: milliseconds since the epoch; nothing that came earlier. Raises RetryableError where the broker does
    not answer or has no such topic.
    """
    reader = log_reader(kafka)
    try:
        places = _places(reader, kafka, since_ms)
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
    except KafkaException as error:
        raise RetryableError(f"dead letters at {kafka.bootstrap}: {error.args[0].str()}") from error
    finally:
        reader.close()


def _places(reader: Consumer, kafka: KafkaSettings, since_ms: int) -> list[TopicPartition]:
    topic = reader.list_topics(Topic.DEAD_LETTERS.value, timeout=CALL_SECONDS).topics[Topic.DEAD_LETTERS]
    if not topic.partitions:
        raise RetryableError(f"{kafka.bootstrap} has no topic {Topic.DEAD_LETTERS}: `sluice topics create` makes it")
    asked = [TopicPartition(Topic.DEAD_LETTERS.value, number, since_ms) for number in topic.partitions]
    if not since_ms:
        return asked
    # OFFSET_END: nothing came since.
    return [place for place in reader.offsets_for_times(asked, timeout=CALL_SECONDS) if place.offset != OFFSET_END]
