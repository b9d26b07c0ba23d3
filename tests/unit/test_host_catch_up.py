"""Not ready until the logs have been read; the work need not wait for that."""

import asyncio
import io

from sluice.deadline import Deadline
from sluice.errors import NotGrantedError, RetryableError
from sluice.host.catch_up import CatchUp
from sluice.host.readiness import Readiness
from sluice.telemetry.logging import Log


class Log2Read:
    """A log whose end is reached when the test says so; until then every wait is in vain."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.reached = asyncio.Event()
        self.asked = 0
        self.refused = ""

    async def caught_up(self, deadline: Deadline) -> None:
        """As the tail does."""
        self.asked += 1
        if self.refused:
            raise NotGrantedError(self.refused)
        if not self.reached.is_set():
            await asyncio.sleep(0.01)
            raise RetryableError("not yet")
        assert not deadline.passed()


def board() -> Readiness:
    return Readiness("", Log("test", stream=io.StringIO()))


async def until(condition: "asyncio.Event") -> None:
    async with asyncio.timeout(60):
        await condition.wait()


def test_it_waits_for_every_log_and_names_those_that_it_waits_for() -> None:
    async def run() -> None:
        readiness, done = board(), asyncio.Event()
        quick, slow = Log2Read("a.quick.one"), Log2Read("a.slow.one")
        quick.reached.set()
        catching = CatchUp(readiness, [quick, slow], done.set)
        await catching.start()
        assert "a.quick.one, a.slow.one" in readiness.reasons[0]
        while slow.asked < 3:
            await asyncio.sleep(0.01)
        (reason,) = list(readiness.reasons)
        assert "a.quick.one" not in reason
        assert "sluice repair" in reason
        assert not done.is_set()
        assert quick.asked == 1
        slow.reached.set()
        await until(done)
        await asyncio.sleep(0)
        assert not list(readiness.reasons)
        await catching.close()

    asyncio.run(run())


def test_a_service_that_ends_meanwhile_waits_no_more() -> None:
    async def run() -> None:
        readiness, slow, done = board(), Log2Read("a.slow.one"), asyncio.Event()
        catching = CatchUp(readiness, [slow], done.set)
        await catching.start()
        await catching.close()
        asked = slow.asked
        slow.reached.set()
        await asyncio.sleep(0.05)
        assert (slow.asked, done.is_set(), readiness.reasons) == (asked, False, ())

    asyncio.run(run())


def test_a_log_that_the_broker_refuses_is_named_before_and_after() -> None:
    async def until_said(readiness: Readiness, word: str) -> None:
        async with asyncio.timeout(20):
            while word not in " ".join(readiness.reasons):
                await asyncio.sleep(0.01)

    async def run() -> None:
        readiness, log = board(), Log2Read("a.log")
        log.refused = "a.log: TOPIC_AUTHORIZATION_FAILED"
        log.reached.set()
        catching = CatchUp(readiness, [log])
        await catching.start()
        await until_said(readiness, "reading a.log back; a.log: TOPIC_AUTHORIZATION_FAILED")
        log.refused = ""
        async with asyncio.timeout(20):
            while readiness.reasons:
                await asyncio.sleep(0.01)
        log.refused = "a.log: refused again"
        await until_said(readiness, "refused again")
        await catching.close()
        assert not readiness.reasons

    asyncio.run(run())
