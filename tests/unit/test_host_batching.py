"""The one queue of a check: company, order, deadlines, and what one bad item costs the others."""

import asyncio
import io
from collections.abc import AsyncIterator

import pytest

from sluice.check import Status
from sluice.deadline import Deadline
from sluice.host.batching import Batcher, QueueFullError
from sluice.telemetry.logging import Log
from tests.unit.checks import ObedientCheck, item

SOON = 5.0


@pytest.fixture
async def check() -> ObedientCheck:
    return ObedientCheck()


@pytest.fixture
async def batcher(check: ObedientCheck) -> AsyncIterator[Batcher]:
    found = Batcher(check, most=8, log=Log("test", stream=io.StringIO()))
    found.start()
    yield found
    await found.close()


async def test_items_that_come_together_are_asked_together(batcher: Batcher, check: ObedientCheck) -> None:
    results = await asyncio.gather(*(batcher.submit(item(f"fine {at}"), Deadline.after(SOON)) for at in range(4)))
    assert [result.status for result in results] == [Status.OK] * 4
    assert len(check.batches) == 1


async def test_interactive_goes_before_bulk(batcher: Batcher, check: ObedientCheck) -> None:
    first = asyncio.create_task(batcher.submit(item("slow"), Deadline.after(SOON)))
    await asyncio.sleep(0.02)
    bulk = [asyncio.create_task(batcher.submit(item("bulk"), Deadline.after(SOON), bulk=True)) for _ in range(5)]
    await asyncio.sleep(0)
    person = asyncio.create_task(batcher.submit(item("person"), Deadline.after(SOON)))
    await asyncio.gather(first, person, *bulk)
    assert check.batches[1][0] == "person"


async def test_a_bad_item_costs_only_its_own_answer(batcher: Batcher) -> None:
    words = ("fine", "bug", "terminal", "fine")
    results = await asyncio.gather(*(batcher.submit(item(word), Deadline.after(SOON)) for word in words))
    assert [result.status for result in results] == [Status.OK, Status.ERROR, Status.ERROR, Status.OK]
    assert "prompt" not in results[1].detail


async def test_what_may_work_later_is_asked_again(batcher: Batcher) -> None:
    result = await batcher.submit(item("flaky"), Deadline.after(SOON))
    assert result.status is Status.OK


async def test_asking_again_ends_at_the_deadline(batcher: Batcher, check: ObedientCheck) -> None:
    check.failures = 1000
    result = await batcher.submit(item("flaky"), Deadline.after(0.2))
    assert result.status is Status.TIMEOUT


async def test_a_deadline_that_has_passed_is_not_worked_on(batcher: Batcher, check: ObedientCheck) -> None:
    result = await batcher.submit(item("fine"), Deadline(0))
    assert result.status is Status.TIMEOUT
    assert check.batches == []


async def test_too_few_results_are_an_error(batcher: Batcher) -> None:
    assert (await batcher.submit(item("short"), Deadline.after(SOON))).status is Status.ERROR


async def test_nan_is_not_a_score(batcher: Batcher) -> None:
    results = await asyncio.gather(*(batcher.submit(item(word), Deadline.after(SOON)) for word in ("nan", "fine")))
    assert [result.status for result in results] == [Status.ERROR, Status.OK]


async def test_a_full_queue_says_so(batcher: Batcher) -> None:
    waiting = [asyncio.create_task(batcher.submit(item("slow"), Deadline.after(SOON))) for _ in range(8)]
    await asyncio.sleep(0)
    with pytest.raises(QueueFullError):
        await batcher.submit(item("fine"), Deadline.after(SOON))
    await asyncio.gather(*waiting)


async def test_closing_answers_what_is_queued(check: ObedientCheck) -> None:
    batcher = Batcher(check, most=8, log=Log("test", stream=io.StringIO()))
    batcher.start()
    waiting = [asyncio.create_task(batcher.submit(item("fine"), Deadline.after(SOON))) for _ in range(6)]
    await asyncio.sleep(0)
    await batcher.close()
    assert [task.result().status for task in waiting] == [Status.OK] * 6


async def test_closing_does_not_wait_for_what_does_not_come(check: ObedientCheck) -> None:
    check.failures = 10_000
    batcher = Batcher(check, most=8, log=Log("test", stream=io.StringIO()))
    batcher.start()
    waiting = asyncio.create_task(batcher.submit(item("flaky"), Deadline.after(600)))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(10):
        await batcher.close()
    assert waiting.result().status is Status.TIMEOUT
