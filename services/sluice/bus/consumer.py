"""A consumer group member on a thread of its own, handing records to an event loop that may be slower.

The thread polls, so that the broker never takes a busy worker for a dead one; the loop works. What is in hand is
bounded: past `most` records of a topic, that topic's partitions are paused until half of them are done.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from sluice.bus.offsets import OffsetTracker
from sluice.bus.problems import is_end_of_partition, is_fatal
from sluice.bus.record import Record
from sluice.errors import FatalError
from sluice.telemetry.logging import Log

Deliver = Callable[[Record], None]
_COMMIT_SECONDS = 0.5
_BATCH = 100


class GroupReader:
    """Reads topics for a group; records come to `deliver` on the event loop, `done` gives each back."""

    def __init__(self, consumer: Consumer, topics: Sequence[str], deliver: Deliver, most: int, log: Log) -> None:
        self._consumer = consumer
        self._topics = list(topics)
        self._deliver = deliver
        self._most = most
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._trackers: dict[tuple[str, int], OffsetTracker] = {}
        self._committed: dict[tuple[str, int], int] = {}
        self._inflight = dict.fromkeys(topics, 0)
        self._paused: set[str] = set()
        self._stopping = threading.Event()
        self._draining = threading.Event()
        self.assigned: asyncio.Future[None] = self._loop.create_future()
        self.failed: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="group-reader", daemon=True)

    def start(self) -> None:
        """Joins the group."""
        self._thread.start()

    def done(self, record: Record) -> None:
        """The record has been worked off; its offset may be committed."""
        with self._lock:
            self._inflight[record.topic] -= 1
            tracker = self._trackers.get((record.topic, record.partition))
            if tracker is not None:
                tracker.done(record.offset)

    def drain(self) -> None:
        """Takes nothing more; what is in hand can still be finished."""
        self._draining.set()

    async def close(self) -> None:
        """Commits what was finished and leaves."""
        self._stopping.set()
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        try:
            self._consumer.subscribe(self._topics, on_assign=self._on_assign, on_revoke=self._on_revoke)
            committed_at = time.monotonic()
            while not self._stopping.is_set():
                self._flow()
                first = self._consumer.poll(0.05)
                batch = [first, *self._consumer.consume(_BATCH, 0)] if first is not None else []
                for message in batch:
                    error = message.error()
                    if error is not None:
                        self._on_error(error)
                        continue
                    self._take(Record.of(message))
                if time.monotonic() - committed_at >= _COMMIT_SECONDS:
                    committed_at = time.monotonic()
                    self._commit(asynchronous=True)
            self._commit(asynchronous=False)
        except KafkaException as error:
            self._fail(error.args[0])
        finally:
            self._consumer.close()
            if not self._stopping.is_set():
                self._loop.call_soon_threadsafe(_break, self.failed, "the reader ended")

    def _take(self, record: Record) -> None:
        with self._lock:
            tracker = self._trackers.get((record.topic, record.partition))
            if tracker is None:
                return
            tracker.start(record.offset)
            self._inflight[record.topic] += 1
        self._loop.call_soon_threadsafe(self._deliver, record)

    def _flow(self) -> None:
        for topic in self._topics:
            inflight = self._inflight[topic]
            full = self._draining.is_set() or inflight >= self._most
            if full and topic not in self._paused:
                self._paused.add(topic)
                self._consumer.pause(self._partitions(topic))
            elif not full and topic in self._paused and inflight <= self._most // 2:
                self._paused.discard(topic)
                self._consumer.resume(self._partitions(topic))

    def _partitions(self, topic: str) -> list[TopicPartition]:
        return [TopicPartition(name, partition) for name, partition in self._trackers if name == topic]

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        with self._lock:
            self._trackers = {(tp.topic, tp.partition): OffsetTracker() for tp in partitions}
            self._committed = {}
            self._paused = set()
        consumer.assign(partitions)
        # The client remembers a pause beyond the assignment that it was for.
        consumer.resume(partitions)
        self._log.info("partitions assigned", count=len(partitions))
        self._loop.call_soon_threadsafe(_resolve, self.assigned)

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._commit(asynchronous=False)
        with self._lock:
            self._trackers = {}
        consumer.unassign()
        self._log.info("partitions revoked", count=len(partitions))

    def _commit(self, asynchronous: bool) -> None:
        with self._lock:
            marks = {key: tracker.mark() for key, tracker in self._trackers.items()}
            moved = {k: m for k, m in marks.items() if m is not None and m != self._committed.get(k)}
        if not moved:
            return
        offsets = [TopicPartition(topic, partition, mark) for (topic, partition), mark in moved.items()]
        try:
            if asynchronous:
                self._consumer.commit(offsets=offsets, asynchronous=True)
            else:
                self._consumer.commit(offsets=offsets, asynchronous=False)
            self._committed |= moved
        except KafkaException as error:
            # Not committed is worked again: safe, and the next turn tries once more.
            self._log.warning("offsets not committed", error=error.args[0].name())

    def _on_error(self, error: KafkaError) -> None:
        if is_end_of_partition(error):
            return
        if is_fatal(error):
            raise KafkaException(error)
        self._log.warning("broker trouble", error=error.name())

    def _fail(self, error: KafkaError) -> None:
        # The client's own words name the group and the cause, never content.
        self._log.error("consumer failed", error=error.name(), detail=error.str())
        reason = f"{error.str()}; two processes with one SLUICE_INSTANCE throw each other out"
        self._loop.call_soon_threadsafe(_break, self.failed, reason)


def _resolve(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _break(future: "asyncio.Future[None]", reason: str) -> None:
    if not future.done():
        future.set_exception(FatalError(f"the consumer cannot go on: {reason}"))
