"""The one queue of a check: company, order, deadlines, and what one bad item costs the others."""

import asyncio
import io
from collections.abc import AsyncIterator

import pytest

from sluice.check import Result, Status
from sluice.deadline import Deadline
from sluice.errors import OverloadedError
from sluice.host.batching import Batcher
from sluice.telemetry.logging import Log
from tests.unit.checks import ObedientCheck, item

SOON = 60.0


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
    first = await held(batcher, check)
    bulk = [asyncio.create_task(batcher.submit(item("bulk"), Deadline.after(SOON), bulk=True)) for _ in range(5)]
    await asyncio.sleep(0)
    person = asyncio.create_task(batcher.submit(item("person"), Deadline.after(SOON)))
    await asyncio.sleep(0)
    assert batcher.waiting() == 6
    check.gate.set()
    await asyncio.gather(first, person, *bulk)
    assert check.batches[1][0] == "person"


class OverlappingCheck(ObedientCheck):
    """Can answer two batches at once."""

    batches_at_once = 2


async def test_one_batch_is_under_way_at_a_time(batcher: Batcher, check: ObedientCheck) -> None:
    held = asyncio.create_task(batcher.submit(item("held"), Deadline.after(SOON)))
    await asyncio.sleep(0.05)
    other = asyncio.create_task(batcher.submit(item("fine"), Deadline.after(SOON)))
    await asyncio.sleep(0.05)
    assert check.batches == [["held"]]
    check.gate.set()
    assert [result.status for result in await asyncio.gather(held, other)] == [Status.OK] * 2


async def test_as_many_batches_are_under_way_as_the_check_allows_and_the_next_goes_by_urgency() -> None:
    check = OverlappingCheck()
    batcher = Batcher(check, most=8, log=Log("test", stream=io.StringIO()))
    batcher.start()
    held = [asyncio.create_task(batcher.submit(item("held"), Deadline.after(SOON)))]
    await asyncio.sleep(0.05)
    assert (await batcher.submit(item("fine"), Deadline.after(SOON))).status is Status.OK
    held.append(asyncio.create_task(batcher.submit(item("held"), Deadline.after(SOON))))
    await asyncio.sleep(0.05)
    bulk = asyncio.create_task(batcher.submit(item("bulk"), Deadline.after(SOON), bulk=True))
    await asyncio.sleep(0.05)
    person = asyncio.create_task(batcher.submit(item("person"), Deadline.after(SOON)))
    await asyncio.sleep(0.05)
    assert check.batches == [["held"], ["fine"], ["held"]]
    check.gate.set()
    await asyncio.gather(*held, bulk, person)
    assert check.seen()[3] == "person"
    await batcher.close()


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
    with pytest.raises(OverloadedError):
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


async def held(batcher: Batcher, check: ObedientCheck) -> "asyncio.Task[Result]":
    """Keeps the check busy until its gate opens, so that what comes next stays in the queue."""
    task = asyncio.create_task(batcher.submit(item("held"), Deadline.after(SOON)))
    while not check.batches:
        await asyncio.sleep(0.001)
    return task


@pytest.mark.parametrize("bulk", [False, True])
async def test_what_is_cancelled_leaves_the_queue_at_once_and_is_never_seen(
    batcher: Batcher, check: ObedientCheck, bulk: bool
) -> None:
    busy = await held(batcher, check)
    waiting = [asyncio.create_task(batcher.submit(item("gone"), Deadline.after(SOON), bulk)) for _ in range(8)]
    await asyncio.sleep(0)
    assert batcher.waiting() == 8
    for task in waiting[:3]:
        task.cancel()
    await asyncio.gather(*waiting[:3], return_exceptions=True)
    assert batcher.waiting() == 5
    for task in waiting[3:]:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert batcher.waiting() == 0
    # The places are free again: as many fit as before.
    more = [asyncio.create_task(batcher.submit(item("fine"), Deadline.after(SOON), bulk)) for _ in range(8)]
    await asyncio.sleep(0)
    check.gate.set()
    assert [result.status for result in await asyncio.gather(busy, *more)] == [Status.OK] * 9
    assert check.seen() == ["held"] + ["fine"] * 8


async def test_a_deadline_that_passes_in_the_queue_ends_the_wait_there_and_then(
    batcher: Batcher, check: ObedientCheck
) -> None:
    busy = await held(batcher, check)
    result = await batcher.submit(item("late"), Deadline.after(0.05))
    assert result.status is Status.TIMEOUT
    assert batcher.waiting() == 0
    check.gate.set()
    assert (await busy).status is Status.OK
    assert check.seen() == ["held"]


async def test_a_deadline_that_passes_while_the_check_works_is_answered_then(
    batcher: Batcher, check: ObedientCheck
) -> None:
    result = await batcher.submit(item("held"), Deadline.after(0.1))
    assert result.status is Status.TIMEOUT
    check.gate.set()


async def test_each_item_of_a_batch_that_is_asked_again_has_its_own_deadline(
    batcher: Batcher, check: ObedientCheck
) -> None:
    check.failures = 10_000
    patient = asyncio.create_task(batcher.submit(item("flaky"), Deadline.after(60)))
    brief = asyncio.create_task(batcher.submit(item("brief"), Deadline.after(0.5)))
    told = await brief
    check.failures = 0
    assert ((await patient).status, told.status) == (Status.OK, Status.TIMEOUT)
    assert told.detail == "not now"
    assert check.batches[0] == ["flaky", "brief"]
    assert check.batches[-1] == ["flaky"]


async def test_what_is_cancelled_between_two_tries_is_not_asked_again(batcher: Batcher, check: ObedientCheck) -> None:
    check.failures = 3
    going = asyncio.create_task(batcher.submit(item("flaky"), Deadline.after(SOON)))
    staying = asyncio.create_task(batcher.submit(item("fine"), Deadline.after(SOON)))
    while not check.batches:
        await asyncio.sleep(0.001)
    going.cancel()
    assert (await staying).status is Status.OK
    assert check.batches == [["flaky", "fine"], ["fine"]]


async def test_the_patient_wait_for_room_and_are_let_in_in_turn(batcher: Batcher, check: ObedientCheck) -> None:
    busy = await held(batcher, check)
    names = [str(number) for number in range(20)]
    waiting = [asyncio.create_task(batcher.submit(item(name), Deadline.after(SOON), patient=True)) for name in names]
    await asyncio.sleep(0.01)
    assert batcher.waiting() == 8
    check.gate.set()
    assert [result.status for result in await asyncio.gather(busy, *waiting)] == [Status.OK] * 21
    assert check.seen() == ["held", *names]


async def test_patience_ends_at_the_deadline(batcher: Batcher, check: ObedientCheck) -> None:
    busy = await held(batcher, check)
    waiting = [asyncio.create_task(batcher.submit(item("fine"), Deadline.after(SOON))) for _ in range(8)]
    await asyncio.sleep(0)
    result = await batcher.submit(item("late"), Deadline.after(0.05), patient=True)
    assert result.status is Status.TIMEOUT
    check.gate.set()
    await asyncio.gather(busy, *waiting)
    assert "late" not in check.seen()


async def test_who_waits_for_room_while_it_closes_is_sent_away(check: ObedientCheck) -> None:
    batcher = Batcher(check, most=1, log=Log("test", stream=io.StringIO()))
    batcher.start()
    busy = await held(batcher, check)
    queued = asyncio.create_task(batcher.submit(item("fine"), Deadline.after(SOON)))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(batcher.submit(item("outside"), Deadline.after(SOON), patient=True))
    await asyncio.sleep(0.01)
    closing = asyncio.create_task(batcher.close())
    check.gate.set()
    await closing
    assert [task.result().status for task in (busy, queued)] == [Status.OK] * 2
    with pytest.raises(OverloadedError):
        await waiting
