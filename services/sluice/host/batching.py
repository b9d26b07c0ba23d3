"""One queue for both doors of a check: items wait for company, interactive before bulk, nobody past a deadline.

Numbered as it goes: (1) `submit` queues an item under its lane; (2) a runner takes the first, waits a moment for
more, fills the batch from the interactive lane first; (3) items whose deadline has passed get TIMEOUT unseen;
(4) the check answers the batch; (5) where a batch fails, its items are asked one by one, so that one bad item
costs only its own answer.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from sluice.check import Check, Item, Result, Status
from sluice.deadline import Deadline
from sluice.errors import RetryableError, SluiceError
from sluice.host.attempt import Unforeseen, attempt
from sluice.telemetry.logging import Log

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0


class QueueFullError(Exception):
    """More is waiting than the queue holds; the caller should come back later."""


@dataclass(frozen=True, slots=True)
class _Entry:
    item: Item
    deadline: Deadline
    answer: "asyncio.Future[Result]"


class Batcher:
    """Feeds one check. `most`: entries that may wait per lane."""

    def __init__(self, check: Check, most: int, log: Log) -> None:
        self._check = check
        self._most = most
        self._log = log
        self._lanes: tuple[deque[_Entry], deque[_Entry]] = (deque(), deque())
        self._filled = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to answer."""
        self._task = asyncio.get_running_loop().create_task(self._serve())

    async def submit(self, item: Item, deadline: Deadline, bulk: bool = False) -> Result:
        """The check's answer, or a result that says why there is none. QueueFullError where no room is left."""
        lane = self._lanes[bulk]
        if self._closing or len(lane) >= self._most:
            raise QueueFullError(f"{len(lane)} items are waiting")
        entry = _Entry(item, deadline, asyncio.get_running_loop().create_future())
        lane.append(entry)
        self._filled.set()
        return await entry.answer

    def waiting(self) -> int:
        """Entries in the queue, both lanes."""
        return sum(map(len, self._lanes))

    async def close(self) -> None:
        """Answers what is queued, then stops."""
        self._closing = True
        self._filled.set()
        if self._task is not None:
            await self._task

    async def _serve(self) -> None:
        while True:
            if not self.waiting():
                if self._closing:
                    return
                self._filled.clear()
                await self._filled.wait()
                continue
            if self.waiting() < self._check.max_batch and not self._closing:
                await asyncio.sleep(self._check.batch_wait_ms / 1000)
            batch = self._take()
            if batch:
                await self._answer(batch)

    def _take(self) -> list[_Entry]:
        batch: list[_Entry] = []
        for lane in self._lanes:
            while lane and len(batch) < self._check.max_batch:
                entry = lane.popleft()
                if entry.answer.done():
                    continue
                if entry.deadline.passed():
                    entry.answer.set_result(Result(Status.TIMEOUT, detail="the deadline passed in the queue"))
                    continue
                batch.append(entry)
        return batch

    async def _answer(self, batch: list[_Entry]) -> None:
        results = await self._ask(batch)
        if results is None and len(batch) > 1:
            for entry in batch:
                await self._answer([entry])
            return
        for entry, result in zip(batch, results or [_failed("no answer")], strict=True):
            if not entry.answer.done():
                entry.answer.set_result(_sound(result))

    async def _ask(self, batch: list[_Entry]) -> Sequence[Result] | None:
        """The check's answers; None where a batch of several should be asked one by one."""
        latest = max(entry.deadline for entry in batch)
        pause = _FIRST_PAUSE
        while True:
            try:
                results = await attempt(self._check.run([entry.item for entry in batch]))
            except RetryableError as error:
                if self._closing or latest.remaining() <= pause:
                    return [Result(Status.TIMEOUT, detail=str(error)) for _ in batch]
                self._log.warning("check will be asked again", check=self._check.name, error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
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
