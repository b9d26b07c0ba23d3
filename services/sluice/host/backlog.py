"""Whether a group has worked a topic off up to where it ended at the start.

Asked of the whole group, not of one member: a replica answers for what the others have written down too.
"""

import asyncio
import time
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from sluice.bus.clients import log_reader
from sluice.bus.ends import log_ends
from sluice.bus.problems import is_end_of_partition
from sluice.bus.refusals import check_granted
from sluice.bus.scan import CALL_SECONDS, partition_numbers
from sluice.errors import RetryableError
from sluice.host.readiness import Readiness
from sluice.settings import KafkaSettings

CONDITION: Final = "log"
_LOOK_SECONDS: Final = 1.0


class Backlog:
    """What is left of a topic's log, as a condition of readiness. Once it was all worked off, it stays met: what
    comes later is written down within moments."""

    def __init__(self, kafka: KafkaSettings, topic: str, group: str, readiness: Readiness, doing: str) -> None:
        """`doing`: what the group does with the records, for whoever reads why it is not ready."""
        self._doing = doing
        self._kafka = kafka
        self._topic = topic
        self._group = group
        self._readiness = readiness
        self._left: dict[int, int] | None = None

    async def run(self) -> None:
        """Looks again and again until nothing is left; call it once."""
        await self._expect("asking for the end of")
        while self._left is None or self._left:
            try:
                self._left = await asyncio.to_thread(self._look, self._left)
            except RetryableError as error:
                await self._readiness.expect(CONDITION, str(error))
            else:
                await self._expect(f"{len(self._left)} partitions behind the end of")
            await asyncio.sleep(_LOOK_SECONDS if self._left != {} else 0)
        await self._readiness.met(CONDITION)

    async def _expect(self, what: str) -> None:
        await self._readiness.expect(CONDITION, f"{self._doing}: {what} {self._topic}")

    def _look(self, left: dict[int, int] | None) -> dict[int, int]:
        """Partition -> where it ended at the start, of those that are not worked off up to there."""
        reader = log_reader(self._kafka, group=self._group)
        try:
            if left is None:
                numbers = partition_numbers(reader, self._kafka, self._topic)
                left = {number: log_ends(reader, self._topic, number, CALL_SECONDS)[1] for number in numbers}
            committed = reader.committed(
                [TopicPartition(self._topic, number) for number in left], timeout=CALL_SECONDS
            )
            marks = {each.partition: each.offset for each in committed}
            return {number: end for number, end in left.items() if self._behind(reader, number, marks[number], end)}
        except KafkaException as error:
            check_granted(error.args[0], self._topic)
            raise RetryableError(f"{self._topic} at {self._kafka.bootstrap}: {error.args[0].str()}") from error
        finally:
            reader.close()

    def _behind(self, reader: Consumer, number: int, mark: int, end: int) -> bool:
        """Whether there is a record from `mark` on, before `end`: behind the last one there may be markers of
        transactions, and what retention took cannot be worked off."""
        low, _ = log_ends(reader, self._topic, number, CALL_SECONDS)
        begin = max(low, mark)
        if begin >= end:
            return False
        reader.assign([TopicPartition(self._topic, number, begin)])
        give_up = time.monotonic() + CALL_SECONDS
        while (left := give_up - time.monotonic()) > 0:
            message = reader.poll(left)
            if message is None:
                break
            error = message.error()
            if error is not None and not is_end_of_partition(error):
                check_granted(error, self._topic)
                continue
            if message.partition() == number:
                return error is None and (message.offset() or 0) < end
        raise RetryableError(f"{self._topic}[{number}] could not be read in time")
