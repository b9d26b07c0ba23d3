"""Reading the dead letters back."""

from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from sluice.bus.record import Headers, Record
from sluice.bus.scan import scan
from sluice.bus.topics import Topic
from sluice.settings import KafkaSettings
from sluice.v1.dead_letter_pb2 import DeadLetter


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
    return scan(kafka, Topic.DEAD_LETTERS, since_ms)
