"""The Kafka door of a service: records in, records out, offsets committed when the work is done.

At least once: a record's offset moves on only after everything it caused has been delivered. What comes twice is
told apart downstream by (request id, check). Interactive records are worked before bulk ones.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sluice.bus.consumer import GroupReader
from sluice.bus.dead_letters import Keeps, dead_letter
from sluice.bus.producer import AsyncProducer
from sluice.bus.record import Outgoing, Record
from sluice.errors import PoisonError, RetryableError, SluiceError, TerminalError
from sluice.host.attempt import Unforeseen, attempt
from sluice.host.readiness import Readiness
from sluice.ids import parse_request_id
from sluice.telemetry.logging import Log
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_INTERNAL

Handler = Callable[[Record], Awaitable[Sequence[Outgoing]]]
_LONGEST_PAUSE = 5.0


class Worker:
    """Runs a handler over the records of a group reader, `concurrency` at a time.

    `lanes`: topics in order of urgency.
    """

    def __init__(
        self,
        service: str,
        lanes: Sequence[str],
        handler: Handler,
        producer: AsyncProducer,
        store: Keeps,
        log: Log,
        concurrency: int,
    ) -> None:
        self._service = service
        self._handler = handler
        self._producer = producer
        self._store = store
        self._log = log
        self._concurrency = concurrency
        self._urgency = {topic: at for at, topic in enumerate(lanes)}
        self._queue: asyncio.PriorityQueue[tuple[int, int, Record | None]] = asyncio.PriorityQueue()
        self._count = 0
        self._draining = False
        self._reader: GroupReader | None = None

    def deliver(self, record: Record) -> None:
        """Takes a record in; called on the event loop by the reader."""
        self._put(self._urgency[record.topic], record)

    async def run(self, reader: GroupReader, stop: asyncio.Event, drain_seconds: float) -> None:
        """Works until `stop`, then finishes what is in hand within `drain_seconds` and leaves the group."""
        self._reader = reader
        reader.start()
        runners = [asyncio.create_task(self._serve()) for _ in range(self._concurrency)]
        stopped = asyncio.create_task(stop.wait())
        ends: set[asyncio.Future[Any]] = {stopped, reader.failed, *runners}
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            reader.drain()
            # What is queued but not begun is handed back: its offset is not committed.
            self._draining = True
            while not self._queue.empty():
                self._queue.get_nowait()
            for _ in runners:
                self._put(len(self._urgency), None)
            await asyncio.wait(runners, timeout=drain_seconds)
        finally:
            stopped.cancel()
            for runner in runners:
                runner.cancel()
            await asyncio.gather(*runners, return_exceptions=True)
            await reader.close()
        if reader.failed.done():
            reader.failed.result()
        for runner in runners:
            # A runner that ended early has something to say; the process must not go on without it.
            if not runner.cancelled():
                runner.result()

    async def run_when_ready(
        self, reader: GroupReader, group: str, readiness: Readiness, stop: asyncio.Event, drain_seconds: float
    ) -> None:
        """`run`, with the group's assignment on the readiness board."""
        await readiness.expect("kafka", f"waiting for partitions of group {group}")

        async def watch() -> None:
            await asyncio.shield(reader.assigned)
            await readiness.met("kafka")

        watching = asyncio.create_task(watch())
        try:
            await self.run(reader, stop, drain_seconds)
        finally:
            watching.cancel()

    async def _serve(self) -> None:
        while True:
            _, _, record = await self._queue.get()
            if record is None:
                return
            if await self._work(record):
                assert self._reader is not None
                self._reader.done(record)

    def _put(self, urgency: int, record: Record | None) -> None:
        self._count += 1
        self._queue.put_nowait((urgency, self._count, record))

    async def _work(self, record: Record) -> bool:
        """Whether the record has been dealt with. False: it goes back, another worker will read it."""
        pause = 0.1
        while True:
            try:
                await self._handle(record)
            except RetryableError as error:
                if self._draining:
                    return False
                self._log.warning(
                    "will try again", topic=record.topic, offset=record.offset, error=str(error), seconds=pause
                )
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return True

    async def _handle(self, record: Record) -> None:
        try:
            outcome = await attempt(self._handler(record))
        except (PoisonError, RetryableError) as error:
            if isinstance(error, RetryableError):
                raise
            await self._bury(record, error)
            return
        except SluiceError as error:
            await self._bury(record, PoisonError(DEAD_LETTER_REASON_INTERNAL, str(error)))
            return
        if isinstance(outcome, Unforeseen):
            self._log.error("handler failed", error=outcome.kind, detail=outcome.place, offset=record.offset)
            await self._bury(record, PoisonError(DEAD_LETTER_REASON_INTERNAL, f"{outcome.kind} at {outcome.place}"))
            return
        try:
            await asyncio.gather(*(self._producer.send(outgoing) for outgoing in outcome))
        except TerminalError as error:
            await self._bury(record, PoisonError(DEAD_LETTER_REASON_INTERNAL, str(error)))

    async def _bury(self, record: Record, error: PoisonError) -> None:
        request_id = parse_request_id(record.key.decode(errors="replace")) or ""
        self._log.warning(
            "dead letter",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=error.detail,
        )
        await self._producer.send(await dead_letter(record, error, self._service, request_id, self._store))
