"""What is read from a topic and what is written to one, without a client in sight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import Message

from sluice.telemetry.attributes import TRACE_HEADERS

Headers = Sequence[tuple[str, bytes]]

PARTITION_OF_KEY = -1
"""Let the client choose: murmur2 of the key, as the Java client does; any, where there is no key."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as read. `timestamp_ms`: the broker's append time, milliseconds since the epoch (UTC)."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    timestamp_ms: int
    headers: Headers = ()

    @classmethod
    def of(cls, message: Message) -> "Record":
        """A client's message, with absent parts made empty."""
        return cls(
            topic=message.topic() or "",
            partition=_number(message.partition()),
            offset=_number(message.offset()),
            key=_bytes(message.key()),
            value=_bytes(message.value()),
            timestamp_ms=message.timestamp()[1],
            headers=_pairs(message.headers()),
        )

    def trace(self) -> Headers:
        """The headers that carry trace context, for the records that this one causes."""
        return tuple((name, value) for name, value in self.headers if name in TRACE_HEADERS)


RawHeaders = Mapping[str, bytes | str | None] | Sequence[tuple[str, bytes | str | None]] | None
"""As the client gives them."""


def trace_of(headers: RawHeaders) -> Headers:
    """Those of a message's headers that carry trace context."""
    if not headers:
        return ()
    # A list is what the client gives, for every record that is read.
    pairs = headers if isinstance(headers, list) else _pairs(headers)
    return [(name, _bytes(value)) for name, value in pairs if name in TRACE_HEADERS]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to write, to a partition number of ours or to PARTITION_OF_KEY."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: Headers = ()


def _pairs(headers: RawHeaders) -> Headers:
    if not headers:
        return ()
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return tuple((name, _bytes(value)) for name, value in pairs)


def _number(value: int | None) -> int:
    return -1 if value is None else value


def _bytes(value: bytes | str | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""
