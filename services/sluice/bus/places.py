"""Where a group reads on, by the word of whoever keeps what was read.

What is kept can be lost, or be an old copy, and the broker's word would then skip what is not there any more. So the
place is kept with it: a record below the place has been dealt with there. It may lag behind: records are read again
then.
"""

import asyncio
import concurrent.futures
import threading
from collections.abc import Collection, Mapping
from typing import Final, Protocol

from confluent_kafka import Consumer, KafkaException, TopicPartition

from sluice.bus.assignment import Key
from sluice.errors import RetryableError, SluiceError
from sluice.telemetry.logging import Log

SECONDS: Final = 20.0
"""For an answer."""
_FLUSH_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = 0.5


class Places(Protocol):
    """Keeps places. Asked on the event loop; raises RetryableError."""

    async def places(self, keys: Collection[Key]) -> Mapping[Key, int]:
        """The offset to read next, of those of these partitions of which there is one."""

    async def keep_places(self, places: Mapping[Key, int]) -> None:
        """Everything below these offsets has been dealt with."""


def first_offset(place: int | None, low: int, high: int) -> int:
    """Where to begin in a log that begins at `low` and ends before `high`: at its beginning where there is no place,
    or none in this log, which was made anew or was cut off."""
    return place if place is not None and low <= place <= high else low


class PlaceKeeper:
    """Asks and tells, on a group member's own thread."""

    def __init__(
        self, places: Places, consumer: Consumer, loop: asyncio.AbstractEventLoop, stopping: threading.Event, log: Log
    ) -> None:
        """`consumer`: says where the logs begin and end. `stopping`: ends all waiting."""
        self._places = places
        self._consumer = consumer
        self._loop = loop
        self._stopping = stopping
        self._log = log
        self._kept: dict[Key, int] = {}
        self._sent: Mapping[Key, int] = {}
        self._sending: concurrent.futures.Future[None] | None = None

    def begin(self, partitions: Collection[TopicPartition]) -> list[TopicPartition]:
        """Where to begin in each of them. Waits until it knows; none of them where it was told to stop before."""
        keys = [(one.topic, one.partition) for one in partitions]
        self._kept = {}
        while not self._stopping.is_set():
            asked = asyncio.run_coroutine_threadsafe(_asked(self._places, keys), self._loop)
            try:
                known = asked.result(SECONDS)
                return [self._first(key, known.get(key)) for key in keys]
            except (RetryableError, TimeoutError) as error:
                asked.cancel()
                self._log.warning("will try again", reason="where to read on", error=str(error) or "no answer")
            except KafkaException as error:
                self._log.warning("will try again", reason="where to read on", error=error.args[0].name())
            self._stopping.wait(_AGAIN_SECONDS)
        return []

    def tell(self, marks: Mapping[Key, int]) -> None:
        """Has these places kept, and does not wait for it; what cannot be kept now is told again with the next."""
        if self._sending is None or self._settled():
            self._send(marks)

    def flush(self, marks: Mapping[Key, int]) -> None:
        """`tell` that waits a while."""
        for _ in range(2):
            if self._sending is not None:
                concurrent.futures.wait([self._sending], _FLUSH_SECONDS)
            self.tell(marks)

    def _send(self, marks: Mapping[Key, int]) -> None:
        self._sent = {key: mark for key, mark in marks.items() if self._kept.get(key) != mark}
        if self._sent:
            self._sending = asyncio.run_coroutine_threadsafe(_told(self._places, self._sent), self._loop)

    def _settled(self) -> bool:
        if self._sending is None or not self._sending.done():
            return False
        error = None if self._sending.cancelled() else self._sending.exception()
        if error is None:
            self._kept.update(self._sent)
        else:
            words = str(error) if isinstance(error, SluiceError) else type(error).__name__
            self._log.warning("will try again", reason="the place in the log is not kept", error=words)
        self._sending = None
        return True

    def _first(self, key: Key, place: int | None) -> TopicPartition:
        ends = self._consumer.get_watermark_offsets(TopicPartition(*key), SECONDS, cached=False)
        if ends is None:
            raise TimeoutError
        first = first_offset(place, *ends)
        if place is not None and first != place:
            topic, partition = key
            self._log.warning("the place is not in the log: reading all of it", topic=topic, partition=partition)
        return TopicPartition(*key, first)


async def _asked(places: Places, keys: Collection[Key]) -> Mapping[Key, int]:
    return await places.places(keys)


async def _told(places: Places, marks: Mapping[Key, int]) -> None:
    await places.keep_places(marks)
