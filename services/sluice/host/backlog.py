"""Whether a group has worked a topic off up to where it ended at the start.

Asked of whoever keeps the places, not of the member: a replica answers for what the others have written down too. Nor
of the broker: what was written down may be lost, or be an old copy, and the broker would still say that it was.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from sluice.bus.assignment import Key
from sluice.bus.clients import log_reader
from sluice.bus.ends import log_ends
from sluice.bus.places import Places, first_offset
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

    def __init__(self, kafka: KafkaSettings, topic: str, places: Places, readiness: Readiness, doing: str) -> None:
        """`places`: who says how far the records are worked off. `doing`: what is done with them, for whoever reads
        why it is not ready."""
        self._doing = doing
        self._places = places
        self._kafka = kafka
        self._topic = topic
        self._readiness = readiness
        self._left: dict[int, int] | None = None

    async def run(self) -> None:
        """Looks again and again until nothing is left; call it once."""
        await self._expect("asking for the end of")
        while self._left is None or self._left:
            try:
                ends = self._left if self._left is not None else await asyncio.to_thread(self._ends)
                self._left = await self._behind(ends)
            except RetryableError as error:
                await self._readiness.expect(CONDITION, str(error))
            else:
                await self._expect(f"{len(self._left)} partitions behind the end of")
            await asyncio.sleep(_LOOK_SECONDS if self._left != {} else 0)
        await self._readiness.met(CONDITION)

    async def _expect(self, what: str) -> None:
        await self._readiness.expect(CONDITION, f"{self._doing}: {what} {self._topic}")

    async def _behind(self, ends: dict[int, int]) -> dict[int, int]:
        """Partition -> where it ended at the start, of those that are not worked off up to there."""
        places = await self._places.places([(self._topic, number) for number in ends])
        return await asyncio.to_thread(self._look, ends, places)

    def _ends(self) -> dict[int, int]:
        with self._reader() as reader:
            numbers = partition_numbers(reader, self._kafka, self._topic)
            return {number: log_ends(reader, self._topic, number, CALL_SECONDS)[1] for number in numbers}

    def _look(self, ends: dict[int, int], places: Mapping[Key, int]) -> dict[int, int]:
        with self._reader() as reader:
            return {
                number: end
                for number, end in ends.items()
                if self._is_left(reader, number, places.get((self._topic, number)), end)
            }

    @contextlib.contextmanager
    def _reader(self) -> Iterator[Consumer]:
        reader = log_reader(self._kafka)
        try:
            yield reader
        except KafkaException as error:
            check_granted(error.args[0], self._topic)
            raise RetryableError(f"{self._topic} at {self._kafka.bootstrap}: {error.args[0].str()}") from error
        finally:
            reader.close()

    def _is_left(self, reader: Consumer, number: int, place: int | None, end: int) -> bool:
        """Whether there is a record from `place` on, before `end`: behind the last one there may be markers of
        transactions, and what retention took cannot be worked off."""
        begin = first_offset(place, *log_ends(reader, self._topic, number, CALL_SECONDS))
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
