"""One record of the log, by where it lies."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from confluent_kafka import KafkaException, TopicPartition

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


def _read(kafka: KafkaSettings, at: TopicPartition, seconds: float) -> Record | None:
    give_up = time.monotonic() + seconds
    reader = log_reader(kafka)
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
            return Record.of(message) if error is None and message.offset() == at.offset else None
    except KafkaException as error:
        check_granted(error.args[0], at.topic)
        raise RetryableError(f"the log cannot be read: {error.args[0].name()}") from error
    finally:
        reader.close()
    raise RetryableError(f"a record of {at.topic} could not be read in time")
