"""What a topic says of a request id, however long ago: the newest records at hand, older ones read where they lie.

The orchestrator tells ids that it has decided from new ones for as long as it remembers them; whoever answers a
repeated call must find the decision for as long, or the call would wait for one that never comes.
"""

import asyncio

from sluice.bus.find import Find, finder
from sluice.bus.offset_index import OffsetIndex
from sluice.bus.record import Record
from sluice.bus.tail import WHOLE_RECORDS, LogTail
from sluice.deadline import Deadline
from sluice.errors import RetryableError, SluiceError
from sluice.ids import partition_for
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log


class NotKeptError(SluiceError):
    """There was a record of this id, and retention has taken it."""


class LogBook:
    """A topic by request id, from a tail of it. `remember`: ids per partition whose records can be found."""

    def __init__(self, kafka: KafkaSettings, topic: str, log: Log, remember: int, whole: int = WHOLE_RECORDS) -> None:
        """`whole`: records held in memory."""
        self._topic = topic
        self._index = OffsetIndex(remember)
        self._tail: LogTail[bytes] = LogTail(kafka, topic, self._note, log, whole, remember)
        self._find: Find = finder(kafka)

    @property
    def partitions(self) -> int:
        """Of the topic; 0 before `start`."""
        return self._tail.partitions

    @property
    def topic(self) -> str:
        """What is read."""
        return self._topic

    @property
    def refused(self) -> str:
        """Why the broker does not let it be read; empty where it does."""
        return self._tail.refused

    async def start(self) -> None:
        """Begins to read the log. RetryableError."""
        await self._tail.start()

    async def caught_up(self, deadline: Deadline) -> None:
        """Returns once the log has been read to the end that it has now. RetryableError otherwise."""
        await self._tail.caught_up(deadline)

    async def get(self, request_id: str, deadline: Deadline) -> bytes | None:
        """The id's record as far as it is known now. RetryableError, NotKeptError."""
        value = self._tail.get(request_id)
        if value is not None:
            return value
        partition = partition_for(request_id, self.partitions)
        offset = self._index.find(partition, request_id)
        if offset is None:
            return None
        try:
            async with asyncio.timeout(deadline.remaining()):
                record = await self._find(self._topic, partition, offset)
        except TimeoutError:
            raise RetryableError(f"a record of {self._topic} could not be read in time") from None
        if record is None or record.key.decode(errors="replace") != request_id:
            raise NotKeptError(f"{self._topic} had a record of this request id and does not keep it any more")
        return record.value

    async def wait(self, request_id: str, deadline: Deadline) -> bytes | None:
        """The same, as soon as there is one; None at the deadline."""
        value = await self.get(request_id, deadline)
        return value if value is not None else await self._tail.wait(request_id, deadline)

    async def close(self) -> None:
        """Stops reading."""
        await self._tail.close()

    def _note(self, record: Record) -> bytes:
        self._index.add(record.partition, record.key.decode(errors="replace"), record.offset)
        return record.value
