"""Whether the follower is up to date, on the readiness board."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.follower_watch import CONDITION, Behind, watch_logs
from sluice.deadline import Deadline
from sluice.errors import RetryableError
from sluice.host.readiness import Readiness
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics


class OfLog:
    """A log whose broker is there or not."""

    topic = "moderation.decisions"
    partitions = 3

    def __init__(self) -> None:
        self.away = True
        self.asked: list[int] = []

    async def settled(self, partition: int, deadline: Deadline) -> int:
        self.asked.append(partition)
        await asyncio.sleep(0)
        if self.away:
            raise RetryableError("the broker does not answer")
        return 0


@asynccontextmanager
async def watched(log: OfLog, metrics: Metrics | None = None) -> AsyncIterator[Readiness]:
    readiness = Readiness("gateway", Log("test", stream=io.StringIO()))
    task = asyncio.create_task(watch_logs([log], readiness, Behind(metrics or Metrics("gateway")), every=0.01))
    try:
        yield readiness
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until_ready(readiness: Readiness, ready: bool) -> str:
    async with asyncio.timeout(20):
        while True:
            found = readiness.conditions.get(CONDITION, "")
            if (not found) == ready and "back" not in found:
                return found
            await asyncio.sleep(0.005)


async def test_it_comes_goes_and_comes_back() -> None:
    log = OfLog()
    async with watched(log) as readiness:
        assert "does not answer" in await until_ready(readiness, ready=False)
        log.away = False
        await until_ready(readiness, ready=True)
        assert set(log.asked) == {0, 1, 2}
        log.away = True
        await until_ready(readiness, ready=False)
        log.away = False
        await until_ready(readiness, ready=True)


def test_for_how_long_is_counted_from_the_first_look_that_found_it_behind() -> None:
    now = 100.0
    behind = Behind(Metrics("gateway"), lambda: now)
    now = 107.0
    # Nobody has looked yet.
    assert behind.seconds() == 7.0
    behind.note(behind=False)
    assert behind.seconds() == 0.0
    behind.note(behind=True)
    now = 110.0
    behind.note(behind=True)
    assert behind.seconds() == 3.0
    behind.note(behind=False)
    assert behind.seconds() == 0.0


async def test_it_is_told_as_a_number() -> None:
    log, metrics = OfLog(), Metrics("gateway")
    line = b'sluice_gateway_behind_seconds{service="gateway"} '
    async with watched(log, metrics) as readiness:
        await until_ready(readiness, ready=False)
        assert line in metrics.text()
        assert line + b"0.0\n" not in metrics.text()
        log.away = False
        await until_ready(readiness, ready=True)
        async with asyncio.timeout(20):
            while line + b"0.0\n" not in metrics.text():
                await asyncio.sleep(0.005)
