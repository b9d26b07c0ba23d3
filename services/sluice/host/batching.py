"""One queue for both doors of a check: items wait for company, interactive before bulk, nobody past a deadline.

Numbered as it goes: (1) `submit` queues an item under its lane; (2) a runner takes the first, waits a moment for
more, fills the batch from the interactive lane first; (3) an item whose caller has gone or whose deadline passes
leaves the queue at that moment, unseen; (4) the check answers the batch, and the next one meanwhile where it can do
several at once; (5) where a batch fails, its items are asked one by one, so that one bad item costs only its own
answer.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from sluice.attempt import Unforeseen, attempt
from sluice.check import Check, Item, Result, Status
from sluice.deadline import Deadline
from sluice.errors import OverloadedError, RetryableError, SluiceError
from sluice.host.batch_spans import BatchSpans, Waited
from sluice.host.check_counts import CheckCounts
from sluice.host.room import Room
from sluice.models.asking import asking
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.spans import NoSpans, Spans
from sluice.telemetry.trace_context import TraceContext

RETRY_SECONDS = 0.1
"""What a caller is told to wait where the queue is full: several batches of most checks."""
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0


@dataclass(slots=True, eq=False)
class _Entry:
    item: Item
    deadline: Deadline
    bulk: bool
    answer: "asyncio.Future[Result]"
    begun: float
    waited: Waited | None = None
    queued: bool = True
    trouble: str = "no answer before the deadline"

    def wanted(self) -> bool:
        """Somebody still waits for the answer."""
        return not self.answer.done() and not self.deadline.passed()

    def settle(self, result: Result) -> None:
        if not self.answer.done():
            self.answer.set_result(result)

    def result(self) -> Result | None:
        """The answer, if somebody waited for it until it was there."""
        return self.answer.result() if self.answer.done() and not self.answer.cancelled() else None


@dataclass(slots=True)
class _Lane:
    room: Room
    entries: deque[_Entry] = field(default_factory=deque)

    def leave(self, entry: _Entry) -> None:
        """Frees the entry's place in the queue, if it still has one."""
        if entry.queued:
            self.entries.remove(entry)
            self._left(entry)

    def first(self) -> _Entry:
        entry = self.entries.popleft()
        self._left(entry)
        return entry

    def _left(self, entry: _Entry) -> None:
        entry.queued = False
        self.room.leave()


class Batcher:
    """Feeds one check. `most`: entries that may wait per lane. `spans`: who is told of items with a trace. `counts`:
    where items and batches are counted."""

    def __init__(
        self, check: Check, most: int, log: Log, spans: Spans | None = None, counts: CheckCounts | None = None
    ) -> None:
        self._check = check
        self._log = log
        self._counts = counts or CheckCounts(Metrics(check.name), check.name)
        self._counts.room(most)
        self._counts.watch(self._waiting_in)
        self._tells = BatchSpans(check, spans or NoSpans())
        self._lanes = (_Lane(Room(most, retry_seconds=RETRY_SECONDS)), _Lane(Room(most, retry_seconds=RETRY_SECONDS)))
        self._filled = asyncio.Event()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to answer."""
        self._task = asyncio.get_running_loop().create_task(self._serve())

    async def submit(
        self,
        item: Item,
        deadline: Deadline,
        bulk: bool = False,
        patient: bool = False,
        above: TraceContext | None = None,
    ) -> Result:
        """The check's answer, or a result that says why there is none: TIMEOUT as soon as the deadline passes.

        OverloadedError where no room is left; one that is `patient` waits for room. Cancelling takes the item back:
        the check never sees one that it has not begun. `above`: the hop or call that is told with what becomes of it.
        """
        begun = time.perf_counter()
        waited = Waited(above, item.content_id, time.time_ns()) if above else None
        lane = self._lanes[bulk]
        if not await self._admit(lane, deadline, patient):
            self._gave_up(waited)
            self._counts.took(bulk, time.perf_counter() - begun)
            return Result(Status.TIMEOUT, detail="the queue stayed full until the deadline")
        entry = _Entry(item, deadline, bulk, asyncio.get_running_loop().create_future(), begun, waited)
        lane.entries.append(entry)
        self._filled.set()
        try:
            async with asyncio.timeout(deadline.remaining()):
                result = await entry.answer
        except TimeoutError:
            if entry.queued:
                self._gave_up(waited)
            result = Result(Status.TIMEOUT, detail=entry.trouble)
        finally:
            lane.leave(entry)
        self._counts.took(bulk, time.perf_counter() - begun)
        return result

    def waiting(self) -> int:
        """Entries in the queue, both lanes."""
        return sum(len(lane.entries) for lane in self._lanes)

    def _waiting_in(self, bulk: bool) -> int:
        return len(self._lanes[bulk].entries)

    async def close(self) -> None:
        """Answers what is queued, then stops."""
        self._closing.set()
        self._filled.set()
        if self._task is not None:
            await self._task

    async def _admit(self, lane: _Lane, deadline: Deadline, patient: bool) -> bool:
        """Whether there was room in time; it is taken."""
        if self._closing.is_set():
            raise OverloadedError("the queue is closing")
        if not patient:
            lane.room.take()
            return True
        try:
            await lane.room.wait(deadline)
        except OverloadedError:
            return False
        if self._closing.is_set():
            # The runner may have gone while this one waited.
            lane.room.leave()
            raise OverloadedError("the queue is closing")
        return True

    def _gave_up(self, waited: Waited | None) -> None:
        if waited is not None:
            self._tells.waited(waited, time.time_ns(), Status.TIMEOUT.name)

    async def _serve(self) -> None:
        free = asyncio.Semaphore(self._check.batches_at_once)
        async with asyncio.TaskGroup() as under_way:
            while True:
                if not self.waiting():
                    if self._closing.is_set():
                        return
                    self._filled.clear()
                    await self._filled.wait()
                    continue
                # A batch is taken when there is a place for it, not before: who comes first may be more urgent.
                await free.acquire()
                if self.waiting() < self._check.max_batch and not self._closing.is_set():
                    await asyncio.sleep(self._check.batch_wait_ms / 1000)
                under_way.create_task(self._answer_and_leave(self._take(), free))

    async def _answer_and_leave(self, batch: list[_Entry], place: asyncio.Semaphore) -> None:
        taken, now = time.time_ns(), time.perf_counter()
        for entry in batch:
            self._counts.waited(entry.bulk, now - entry.begun)
        if batch:
            self._counts.asked(len(batch))
        traced = [(entry, entry.waited) for entry in batch if entry.waited is not None]
        for _, waited in traced:
            self._tells.waited(waited, taken)
        try:
            await self._answer(batch)
        finally:
            place.release()
        if traced:
            told = [(waited, entry.result()) for entry, waited in traced]
            self._tells.answered(told, len(batch), (taken, time.time_ns()))

    def _take(self) -> list[_Entry]:
        batch: list[_Entry] = []
        for lane in self._lanes:
            while lane.entries and len(batch) < self._check.max_batch:
                entry = lane.first()
                if entry.wanted():
                    batch.append(entry)
        return batch

    async def _answer(self, batch: list[_Entry]) -> None:
        """Settles every entry of the batch, but for those whose deadline passes first."""
        pause = _FIRST_PAUSE
        while batch := [entry for entry in batch if entry.wanted()]:
            try:
                outcome = await self._ask(batch)
            except RetryableError as error:
                self._log.warning("check will be asked again", check=self._check.name, error=str(error))
                for entry in batch:
                    entry.trouble = str(error)
                    if self._closing.is_set():
                        entry.settle(Result(Status.TIMEOUT, detail=entry.trouble))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            if outcome is None:
                for entry in batch:
                    await self._answer([entry])
                return
            for entry, result in zip(batch, outcome, strict=True):
                entry.settle(_sound(result))
            return

    async def _ask(self, batch: list[_Entry]) -> Sequence[Result] | None:
        """The check's answers; None where a batch of several should be asked one by one. RetryableError."""
        urgent = not all(entry.bulk for entry in batch)
        try:
            with asking(urgent, max(entry.deadline for entry in batch)):
                results = await attempt(self._check.run([entry.item for entry in batch]))
        except RetryableError:
            raise
        except SluiceError as error:
            return None if len(batch) > 1 else [_failed(str(error))]
        if isinstance(results, Unforeseen):
            self._log.error("check failed", check=self._check.name, error=results.kind, detail=results.place)
            return None if len(batch) > 1 else [_failed(results.kind)]
        if len(results) != len(batch):
            self._log.error("check gave a wrong number of results", check=self._check.name)
            return [_failed("wrong number of results") for _ in batch]
        return results


def _sound(result: Result) -> Result:
    """The result, unless a score is no score: NaN is under every threshold, and must not pass for harmless."""
    wrong = sorted(category for category, score in result.scores.items() if not 0.0 <= score <= 1.0)
    return _failed(f"not a score: {', '.join(wrong)}") if wrong else result


def _failed(why: str) -> Result:
    return Result(Status.ERROR, detail=why)
