"""The Kafka door of a service: records in, records out, offsets committed when the work is done.

A record's offset moves on only after everything it caused has been delivered: at least once with a producer of its
own, exactly once with a reader that publishes and commits in transactions. Interactive records are worked before bulk
ones.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from sluice.attempt import Unforeseen, attempt
from sluice.bus.dead_letters import Keeps, dead_letter
from sluice.bus.member import NO_PARTITIONS, GroupMember
from sluice.bus.producer import AsyncProducer
from sluice.bus.record import Outgoing, Record
from sluice.errors import PoisonError, RetryableError, SluiceError, TerminalError
from sluice.host.hops import DEAD_LETTER, DONE, NOTHING, Handling, Hops
from sluice.host.lanes import Lanes
from sluice.host.readiness import Readiness
from sluice.host.record_counts import RecordCounts, reason_name
from sluice.ids import parse_request_id
from sluice.telemetry.in_hand import work_on
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_INTERNAL

Handler = Callable[[Record], Coroutine[Any, Any, Sequence[Outgoing]]]
_LONGEST_PAUSE = 5.0
_LOOK_SECONDS = 0.2
_LEAST_COMMIT_SECONDS = 2.0


class Worker:
    """Runs a handler over the records of a group member, `concurrency` at a time.

    `lanes`: topics in order of urgency. `producer`: delivers what a record causes before the record counts as done;
    None: the reader does, in the transaction that commits the record's offset. `hops`: tells of each record;
    `metrics`: counts them.
    """

    def __init__(
        self,
        service: str,
        lanes: Sequence[str],
        handler: Handler,
        producer: AsyncProducer | None,
        store: Keeps,
        log: Log,
        concurrency: int,
        hops: Hops | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._service = service
        self._handler = handler
        self._producer = producer
        self._store = store
        self._log = log
        self._hops = hops or Hops()
        self._counts = RecordCounts(metrics or Metrics(service), lanes)
        self._lanes = Lanes(lanes, concurrency)
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._draining = False
        self._reader: GroupMember | None = None

    def deliver(self, record: Record) -> None:
        """Takes a record in; called on the event loop by the reader."""
        self._lanes.put(record)
        self._work_on()

    def refuse(self, record: Record, reason: str) -> None:
        """The broker will never take what a record caused: that is a dead letter instead."""
        problem = PoisonError(DEAD_LETTER_REASON_INTERNAL, f"the broker refused the record: {reason}")
        self._begin(self._settle(record, problem))

    async def run(self, reader: GroupMember, stop: asyncio.Event, drain_seconds: float) -> None:
        """Works until `stop`, then finishes what is in hand within `drain_seconds` and leaves the group."""
        self._reader = reader
        reader.start()
        self._work_on()
        stopped = asyncio.create_task(stop.wait())
        ends: set[asyncio.Future[Any]] = {stopped, reader.failed, self._broken}
        loop = asyncio.get_running_loop()
        until = loop.time() + drain_seconds
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            until = loop.time() + drain_seconds
            reader.drain()
            # What waits and is not begun is handed back: its offset is not committed.
            self._draining = True
            self._lanes.clear()
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=drain_seconds)
        finally:
            stopped.cancel()
            self._draining = True
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            # What broke is started again in its own place, and the partitions wait for it.
            leave = stop.is_set() and not any(ended.done() for ended in (reader.failed, self._broken))
            await reader.close(max(_LEAST_COMMIT_SECONDS, until - loop.time()), leave)
        for ended in (reader.failed, self._broken):
            # What ended early has something to say; the process must not go on without it.
            if ended.done():
                ended.result()

    async def run_when_ready(
        self, reader: GroupMember, group: str, readiness: Readiness, stop: asyncio.Event, drain_seconds: float
    ) -> None:
        """`run`, with the state of the reader on the readiness board."""
        await readiness.expect("kafka", f"{NO_PARTITIONS} of group {group}")
        self._counts.watch(reader, group)
        watching = asyncio.create_task(_watch(reader, group, readiness))
        try:
            await self.run(reader, stop, drain_seconds)
        finally:
            watching.cancel()

    def _work_on(self) -> None:
        """Begins as many records as there are slots for."""
        if self._reader is None or self._draining:
            return
        while (record := self._lanes.take()) is not None:
            self._begin(self._serve(record))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not self._broken.done():
            self._broken.set_exception(error)

    async def _serve(self, record: Record) -> None:
        try:
            await self._settle(record)
        finally:
            self._lanes.give(record)
        self._work_on()

    async def _settle(self, record: Record, problem: PoisonError | None = None) -> None:
        """Until the record has been dealt with, or goes back: then another worker will read it."""
        assert self._reader is not None
        pause = 0.1
        handling = self._hops.begin(record)
        # For as long as this task lasts, which is the record's own.
        work_on(handling.trace)
        while self._reader.holds(record):
            try:
                await (self._handle(record, handling) if problem is None else self._bury(record, problem, handling))
            except RetryableError as error:
                if self._draining:
                    return
                self._counts.retried(record.topic)
                self._log.warning(
                    "will try again", topic=record.topic, offset=record.offset, error=str(error), seconds=pause
                )
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return
        # Its partition has gone to another member, who works it from the start.
        self._reader.done(record)

    async def _handle(self, record: Record, handling: Handling) -> None:
        try:
            with handling:
                outcome = await attempt(self._handler(record))
        except (PoisonError, RetryableError) as error:
            if isinstance(error, RetryableError):
                raise
            await self._bury(record, error, handling)
            return
        except SluiceError as error:
            await self._bury(record, PoisonError(DEAD_LETTER_REASON_INTERNAL, str(error)), handling)
            return
        if isinstance(outcome, Unforeseen):
            self._log.error("handler failed", error=outcome.kind, detail=outcome.place, offset=record.offset)
            problem = PoisonError(DEAD_LETTER_REASON_INTERNAL, f"{outcome.kind} at {outcome.place}")
            await self._bury(record, problem, handling, outcome.kind)
            return
        try:
            await self._publish(record, handling.caused(outcome), handling)
        except TerminalError as error:
            await self._bury(record, PoisonError(DEAD_LETTER_REASON_INTERNAL, str(error)), handling)
        else:
            ended = DONE if outcome else NOTHING
            handling.tell(ended)
            self._counts.ended(record.topic, ended, handling.seconds())

    async def _publish(self, record: Record, outgoing: Sequence[Outgoing], handling: Handling) -> None:
        assert self._reader is not None
        if self._producer is None:
            self._reader.done(record, outgoing)
            return
        begun = time.time_ns()
        await asyncio.gather(*(self._producer.send(one) for one in outgoing))
        handling.sent(outgoing, begun)
        self._reader.done(record)

    async def _bury(self, record: Record, error: PoisonError, handling: Handling, kind: str = "") -> None:
        request_id = parse_request_id(record.key.decode(errors="replace")) or ""
        self._log.warning(
            "dead letter",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=error.detail,
        )
        letter = await dead_letter(record, error, self._service, request_id, self._store)
        await self._publish(record, (handling.buried(letter),), handling)
        reason = reason_name(error.reason)
        handling.tell(DEAD_LETTER, kind or reason)
        self._counts.ended(record.topic, DEAD_LETTER, handling.seconds())
        self._counts.buried(record.topic, reason)


async def _watch(reader: GroupMember, group: str, readiness: Readiness) -> None:
    """Keeps the readiness board true."""
    told = None
    while True:
        trouble = reader.trouble()
        if trouble != told:
            told = trouble
            if trouble == NO_PARTITIONS:
                await readiness.expect("kafka", f"{trouble} of group {group}")
            elif trouble:
                await readiness.expect("kafka", trouble)
            else:
                await readiness.met("kafka")
        await asyncio.sleep(_LOOK_SECONDS)
