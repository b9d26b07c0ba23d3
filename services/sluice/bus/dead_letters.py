"""Where what cannot be handled goes: the dead-letter topic, the record's value kept by reference."""

import hashlib
from typing import Protocol

from sluice.bus.record import PARTITION_OF_KEY, Outgoing, Record
from sluice.bus.topics import Topic
from sluice.errors import PoisonError
from sluice.objects import dead_letter_key
from sluice.v1.dead_letter_pb2 import DeadLetter, DeadLetterReason
from sluice.v1.request_pb2 import ObjectReference


class Keeps(Protocol):
    """The part of an object store that this needs."""

    async def put(self, key: str, data: bytes, media_type: str) -> ObjectReference:
        """Stores bytes under a key."""


async def dead_letter(record: Record, error: PoisonError, service: str, request_id: str, store: Keeps) -> Outgoing:
    """The dead letter for a record, its value kept in the object store.

    It goes to the partition that the record's key belongs to: beside the request, whatever partition a stranger
    had chosen.
    """
    digest = hashlib.sha256(record.value)
    value = await store.put(dead_letter_key(digest.digest()), record.value, "application/octet-stream")
    letter = DeadLetter(
        reason=DeadLetterReason.ValueType(error.reason),
        detail=error.detail,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        request_id=request_id,
        sha256=digest.digest(),
        size_bytes=len(record.value),
        value=value,
        service=service,
    )
    return Outgoing(Topic.DEAD_LETTERS, PARTITION_OF_KEY, record.key, letter.SerializeToString(), record.trace())
