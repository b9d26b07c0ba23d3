"""A topic kept in memory by request id: what doors wait on, and what the signer and ingest look decisions up in.

A thread reads every partition (read_committed), from as far back as is kept, and holds one small value per key, the
newest `most` of them. `settled()` answers "the log up to its end at this moment has been read", so that
"not there" can be told from "not read yet".
"""

import asyncio
import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition
from google.protobuf.message import DecodeError

from sluice.bus.clients import log_reader
from sluice.bus.ends import log_ends
from sluice.bus.problems import is_end_of_partition
from sluice.bus.read_again import AGAIN_SECONDS
from sluice.bus.record import Record
from sluice.bus.refusals import Refusals, check_granted
from sluice.deadline import Deadline
from sluice.errors import NotGrantedError, RetryableError
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log

V = TypeVar("V")
WHOLE_RECORDS = 50_000
"""Keys held where whole records are kept; at 2 to 3 KiB a decision this bounds the memory at about 150 MiB."""
SMALL_VALUES = 500_000
"""Keys held where a few hundred bytes are kept of each."""
QUIET_SECONDS = 20.0
"""After so long without anything to read it is looked whether there is something. A client's threads can lock each
other out when a leader goes while another one's epoch is validated (librdkafka 2.16): it then never reads again.
"""


class LogTail(Generic[V]):
    """The newest value per key of one topic."""

    def __init__(
        self,
        kafka: KafkaSettings,
        topic: str,
        read: Callable[[Record], V | None],
        log: Log,
        most: int = WHOLE_RECORDS,
        reach: int = 0,
        since_ms: int = 0,
    ) -> None:
        """`read` turns a record into what is kept, on the reader's thread; None: nothing is. `reach`: records of
        each partition that it must be shown at the start, where that is more than `most`; of these, what was appended
        before `since_ms` (milliseconds since the epoch) it need not be.
        """
        self._kafka = kafka
        self._topic = topic
        self._read = read
        self._log = log
        self._most = most
        self._reach = max(most, reach)
        self._since_ms = since_ms
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._values: OrderedDict[str, V] = OrderedDict()
        self._positions: dict[int, int] = {}
        self._waiters: dict[str, list[asyncio.Future[V]]] = {}
        self._moved = asyncio.Event()
        self._stopping = threading.Event()
        self._ends: Consumer | None = None
        self._thread = threading.Thread(target=self._run, name=f"tail-{topic}", daemon=True)
        self._begins: dict[int, int] = {}
        self._refused = Refusals()
        self.partitions = 0

    @property
    def topic(self) -> str:
        """What is read."""
        return self._topic

    @property
    def refused(self) -> str:
        """Why the broker does not let it be read; empty where it does."""
        return self._refused.text()

    async def start(self) -> None:
        """Begins to read. RetryableError where the broker does not answer, or has no such topic."""
        # Uncommitted: the end then includes what an open transaction is about to make visible.
        self._ends = log_reader(self._kafka, read_committed=False)
        self.partitions = await asyncio.to_thread(_count_partitions, self._ends, self._topic)
        self._begins = await asyncio.to_thread(self._find_begins, self._ends)
        self._thread.start()

    async def caught_up(self, deadline: Deadline) -> None:
        """Returns once every partition has been read to the end that it has now. RetryableError otherwise."""
        await asyncio.gather(*(self.settled(partition, deadline) for partition in range(self.partitions)))

    def get(self, key: str) -> V | None:
        """What is known of a key now."""
        with self._lock:
            return self._values.get(key)

    async def wait(self, key: str, deadline: Deadline) -> V | None:
        """The key's value as soon as there is one, or None at the deadline."""
        future: asyncio.Future[V] = self._loop.create_future()
        with self._lock:
            known = self._values.get(key)
            if known is not None:
                return known
            self._waiters.setdefault(key, []).append(future)
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await future
        except TimeoutError:
            return None
        finally:
            with self._lock:
                waiting = self._waiters.get(key, [])
                if future in waiting:
                    waiting.remove(future)
                if not waiting:
                    self._waiters.pop(key, None)

    async def settled(self, partition: int, deadline: Deadline) -> int:
        """Returns the partition's end at the moment of the call, once everything before it has been read."""
        assert self._ends is not None, "start() comes first"
        try:
            _, end = await asyncio.to_thread(log_ends, self._ends, self._topic, partition, 5.0)
        except KafkaException as error:
            check_granted(error.args[0], self._topic)
            raise RetryableError(f"cannot see the end of {self._topic}: {error.args[0].name()}") from error
        while self._positions.get(partition, 0) < end:
            if self._refused:
                raise NotGrantedError(self.refused)
            if deadline.passed():
                raise RetryableError(f"{self._topic} was not read to its end in time")
            self._moved.clear()
            try:
                await asyncio.wait_for(self._moved.wait(), min(0.2, deadline.remaining() + 0.001))
            except TimeoutError:
                continue
        return end

    async def close(self) -> None:
        """Stops reading."""
        self._stopping.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)
        if self._ends is not None:
            self._ends.close()

    def _find_begins(self, ends: Consumer) -> dict[int, int]:
        """Where to begin: what would be forgotten again before the end need not be read."""
        begins: dict[int, int] = {}
        for number in range(self.partitions):
            try:
                low, high = log_ends(ends, self._topic, number, 10.0)
                # A transaction's marker takes an offset too: at one record each, every other one.
                begin = max(low, high - 2 * self._reach)
                begins[number] = max(begin, self._first_since(ends, number, high))
            except KafkaException as error:
                raise RetryableError(f"cannot see the end of {self._topic}: {error.args[0].name()}") from error
        return begins

    def _first_since(self, ends: Consumer, number: int, high: int) -> int:
        """The offset of the first record that is young enough; the end where there is none."""
        if not self._since_ms:
            return 0
        (place,) = ends.offsets_for_times([TopicPartition(self._topic, number, self._since_ms)], timeout=10.0)
        return high if place.offset == OFFSET_END else place.offset

    def _run(self) -> None:
        consumer = self._reader()
        moved = again = time.monotonic()
        while not self._stopping.is_set():
            if self._refused and time.monotonic() - again > AGAIN_SECONDS:
                # A grant must show although nothing new is written: each end is told again.
                self._assign(consumer)
                again = time.monotonic()
            first = consumer.poll(0.1)
            if first is None:
                if time.monotonic() - moved > QUIET_SECONDS:
                    if self._behind():
                        self._log.warning("reading does not go on; another client takes over", topic=self._topic)
                        # It may never return from that.
                        threading.Thread(target=consumer.close, daemon=True).start()
                        consumer = self._reader()
                    moved = time.monotonic()
                continue
            moved = time.monotonic()
            for message in (first, *consumer.consume(500, 0)):
                error = message.error()
                if error is None:
                    record = Record.of(message)
                    self._keep(record)
                    if self._refused:
                        self._refused.clear(self._topic)
                    self._positions[record.partition] = record.offset + 1
                elif is_end_of_partition(error):
                    self._positions[message.partition() or 0] = message.offset() or 0
                    self._refused.clear(self._topic)
                elif message.topic() and self._refused.note(error, self._topic):
                    self._log.error("the broker refuses", topic=self._topic, error=error.name(), detail=error.str())
                else:
                    self._log.warning("broker trouble", topic=self._topic, error=error.name())
            self._loop.call_soon_threadsafe(self._moved.set)
        consumer.close()

    def _reader(self) -> Consumer:
        consumer = log_reader(self._kafka)
        self._assign(consumer)
        return consumer

    def _assign(self, consumer: Consumer) -> None:
        consumer.assign([TopicPartition(self._topic, number, at) for number, at in self._places().items()])

    def _places(self) -> dict[int, int]:
        """Up to where each partition has been read."""
        return {number: self._positions.get(number, begin) for number, begin in self._begins.items()}

    def _behind(self) -> bool:
        """Whether any partition's log goes on."""
        assert self._ends is not None
        for number, place in self._places().items():
            with contextlib.suppress(KafkaException):
                if log_ends(self._ends, self._topic, number, 2.0)[1] > place:
                    return True
        return False

    def _keep(self, record: Record) -> None:
        try:
            value = self._read(record)
        except DecodeError:
            # Skipping it is safe: what is not found here is not allowed.
            self._log.error("unreadable record", topic=record.topic, partition=record.partition, offset=record.offset)
            return
        if value is None:
            return
        key = record.key.decode(errors="replace")
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._most:
                self._values.popitem(last=False)
            waiting = self._waiters.pop(key, [])
        for future in waiting:
            self._loop.call_soon_threadsafe(_resolve, future, value)


def _resolve(future: "asyncio.Future[V]", value: V) -> None:
    if not future.done():
        future.set_result(value)


def _count_partitions(consumer: Consumer, topic: str) -> int:
    try:
        found = consumer.list_topics(topic, timeout=10.0).topics.get(topic)
    except KafkaException as error:
        check_granted(error.args[0], topic)
        raise RetryableError(f"the broker does not answer: {error.args[0].name()}") from error
    if found is not None and found.error is not None:
        check_granted(found.error, topic)
    if found is None or found.error is not None or not found.partitions:
        raise RetryableError(f"topic {topic} is not there; run: sluice topics create")
    return len(found.partitions)
