"""One record of the log, by where it lies."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from sluice.bus.clients import log_reader
from sluice.bus.problems import is_end_of_partition
from sluice.bus.record import Record
from sluice.bus.refusals import check_granted
from sluice.errors import RetryableError
from sluice.settings import KafkaSettings

FIND_SECONDS = 10.0
"""How long a broker may take to hand over one record."""

Find = Callable[[str, int, int], Awaitable[Record | None]]
"""(topic, partition, offset) -> the record there, or None where it is not kept any more. RetryableError."""


def finder(kafka: KafkaSettings, seconds: float = FIND_SECONDS) -> Find:
    """Reads single committed records, each over a connection of its own: for what is seldom wanted."""

    async def find(topic: str, partition: int, offset: int) -> Record | None:
        return await asyncio.to_thread(_read, kafka, TopicPartition(topic, partition, offset), seconds)

    return find


_SINGLE: Final = {
    # A client asks for what lies behind a record at once, and cannot ask for anything else until that is answered.
    "fetch.wait.max.ms": 1,
    # Whatever one record takes, and little more.
    "fetch.message.max.bytes": 65_536,
}


class KeptFinder:
    """The same over connections that are kept: for what is wanted again and again."""

    def __init__(self, kafka: KafkaSettings, most: int, seconds: float = FIND_SECONDS) -> None:
        """`most`: connections that are in use at once."""
        self._kafka = kafka
        self._seconds = seconds
        self._room = asyncio.Semaphore(most)
        self._idle: deque[Consumer] = deque()
        self._closed = False

    async def find(self, topic: str, partition: int, offset: int) -> Record | None:
        """The record there, or None where it is not kept any more. RetryableError."""
        async with self._room:
            return await asyncio.to_thread(self._found, TopicPartition(topic, partition, offset))

    async def close(self) -> None:
        """Ends the connections."""
        self._closed = True
        while self._idle:
            await asyncio.to_thread(self._idle.pop().close)

    def _found(self, at: TopicPartition) -> Record | None:
        """On a thread, which goes on where nobody waits any more: so it is this one that hands the reader back."""
        try:
            reader = self._idle.pop()
        except IndexError:
            reader = log_reader(self._kafka, properties=_SINGLE)
        good = False
        try:
            found = _read_with(reader, at, self._seconds)
            good = not self._closed
        finally:
            if good:
                self._idle.append(reader)
            else:
                reader.close()
        return found


def _read(kafka: KafkaSettings, at: TopicPartition, seconds: float) -> Record | None:
    reader = log_reader(kafka)
    try:
        return _read_with(reader, at, seconds)
    finally:
        reader.close()


def _read_with(reader: Consumer, at: TopicPartition, seconds: float) -> Record | None:
    give_up = time.monotonic() + seconds
    try:
        reader.assign([at])
        while (left := give_up - time.monotonic()) > 0:
            message = reader.poll(left)
            if message is None:
                break
            error = message.error()
            if error is not None and not is_end_of_partition(error):
                check_granted(error, at.topic)
                # The broker is away for the moment: the client goes on trying by itself.
                continue
            # Whatever comes first instead of it says that it is gone: the reader begins at the oldest record then.
            found = Record.of(message) if error is None and message.offset() == at.offset else None
            # What lies behind it is not wanted.
            reader.unassign()
            return found
    except KafkaException as error:
        check_granted(error.args[0], at.topic)
        raise RetryableError(f"the log cannot be read: {error.args[0].name()}") from error
    raise RetryableError(f"a record of {at.topic} could not be read in time")
