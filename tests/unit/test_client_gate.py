"""The gate for asyncio, against a real server: what is cancelled when, and what a block that ends has told."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from sluice.client import Allowed, Gate, NotAllowed, Refused, Stage, Unavailable, Why
from tests.unit.client_gates import Work, client, refuses
from tests.unit.client_gateway import Fault, Gateway, decision, drop, half, hang, reason, serving, sign, status
from tests.unit.client_talks import PICTURE, PROMPT


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with serving() as found:
        yield found


async def test_a_picture_is_generated_submitted_and_comes_back_signed(gateway: Gateway) -> None:
    work = Work()
    work.end.set()
    async with client(gateway).moderate(PROMPT, account="somebody", age_band="ADULT") as gate:
        image = await gate.run(work.generate())
        found = await gate.submit(image)
    assert found == Allowed(sign(PICTURE), "image/png", found.request_id)
    assert found.signed
    first, second = (each.form() for each in gateway.of("/v1/requests"))
    assert (first["request_id"], second["generation_id"]) == (gate.request_id, gate.request_id)
    assert (first["prompt"], second["prompt"], second["account_id"]) == (PROMPT, PROMPT, "somebody")
    assert {each.headers["traceparent"] for each in gateway.asked} == {gate.traceparent}


async def test_moderation_runs_beside_the_generation(gateway: Gateway) -> None:
    work = Work()
    async with client(gateway).moderate(PROMPT) as gate:
        running = asyncio.create_task(gate.run(work.generate()))
        await work.began.wait()
        await gate.wait()
        assert not running.done()
        work.end.set()
        assert await running == PICTURE


@pytest.mark.parametrize("action", ["BLOCK", "REVIEW"])
async def test_a_refusal_cancels_what_runs(gateway: Gateway, action: str) -> None:
    gateway.decides = refuses(action=action)
    work = Work()
    with pytest.raises(Refused) as caught:
        async with client(gateway).moderate(PROMPT) as gate:
            await gate.run(work.generate())
    assert work.cancelled
    assert (caught.value.action, caught.value.stage, caught.value.request_id) == (
        action,
        Stage.PROMPT,
        gate.request_id,
    )


async def test_a_refusal_cancels_whatever_the_block_awaits(gateway: Gateway) -> None:
    gateway.decides = refuses()
    work, made = Work(), []
    with pytest.raises(Refused) as caught:
        async with client(gateway).moderate(PROMPT):
            made.append(await work.generate())
    assert (work.cancelled, made) == (True, [])
    assert caught.value.__suppress_context__
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


@pytest.mark.parametrize("fault", [drop, half, hang, status("503 Service Unavailable"), status("200 OK", body=b"{}")])
async def test_without_an_answer_what_runs_is_cancelled_too(gateway: Gateway, fault: Fault) -> None:
    gateway.always = {"/": fault}
    work = Work()
    with pytest.raises(Unavailable):
        async with client(gateway, prompt_seconds=0.3).moderate(PROMPT) as gate:
            await gate.run(work.generate())
    assert work.cancelled


async def test_an_incomplete_decision_is_no_answer(gateway: Gateway) -> None:
    missing = {"complete": False, "reasons": [reason("incomplete")]}
    gateway.decides = lambda asked: decision(asked.form()["request_id"], action="BLOCK") | missing
    with pytest.raises(Unavailable) as caught:
        async with client(gateway).moderate(PROMPT) as gate:
            await gate.run(Work().generate())
    assert caught.value.why is Why.INCOMPLETE
    assert len(gateway.asked) == 1


async def test_a_run_returns_once_the_prompt_is_allowed(gateway: Gateway) -> None:
    gateway.faults.extend([drop, drop, drop])
    work = Work()
    work.end.set()
    async with client(gateway).moderate(PROMPT) as gate:
        assert await gate.run(work.generate()) == PICTURE
        assert gateway.stages() == ["PROMPT"] * 4
        gate.check()


async def test_a_generation_that_ends_before_the_refusal_is_not_handed_out(gateway: Gateway) -> None:
    gateway.decides, gateway.delay = refuses(), 0.1
    work, got = Work(), []
    work.end.set()
    with pytest.raises(Refused):
        async with client(gateway).moderate(PROMPT) as gate:
            got.append(await gate.run(work.generate()))
    assert got == []


async def test_what_the_generation_raises_is_raised(gateway: Gateway) -> None:
    async def fail() -> bytes:
        raise OSError("no GPU")

    gateway.always = {"/": hang}
    with pytest.raises(OSError, match="no GPU"):
        async with client(gateway).moderate(PROMPT) as gate:
            await gate.run(fail())


async def test_a_generation_that_swallows_its_cancellation_gains_nothing(gateway: Gateway) -> None:
    gateway.decides = refuses()

    async def stubborn() -> bytes:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await asyncio.sleep(0.05)
        return PICTURE

    with pytest.raises(Refused):
        async with client(gateway).moderate(PROMPT) as gate:
            await gate.run(stubborn())


async def test_who_cancels_the_caller_cancels_everything(gateway: Gateway) -> None:
    gateway.always = {"/": hang}
    work = Work()

    async def block() -> None:
        async with client(gateway).moderate(PROMPT) as gate:
            await gate.run(work.generate())

    task = asyncio.create_task(block())
    await work.began.wait()
    while not gateway.asked:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert work.cancelled
    while not gateway.cut:
        await asyncio.sleep(0.01)


async def test_a_timeout_around_the_block_stays_one(gateway: Gateway) -> None:
    gateway.always = {"/": hang}
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), client(gateway).moderate(PROMPT) as gate:
            await gate.run(Work().generate())


async def test_a_block_that_ends_by_itself_waits_until_the_prompt_is_allowed(gateway: Gateway) -> None:
    gateway.delay = 0.1
    async with client(gateway).moderate(PROMPT):
        pass
    assert gateway.stages() == ["PROMPT"]
    gateway.decides = refuses()
    with pytest.raises(Refused):
        async with client(gateway).moderate(PROMPT):
            pass


async def test_a_block_that_ends_with_an_exception_of_its_own_waits_for_nothing(gateway: Gateway) -> None:
    gateway.always = {"/": hang}
    with pytest.raises(KeyError):
        async with client(gateway).moderate(PROMPT):
            raise KeyError


async def test_a_refusal_that_the_block_handled_is_not_raised_again(gateway: Gateway) -> None:
    gateway.decides = refuses()
    said: tuple[str, ...] = ()
    async with client(gateway).moderate(PROMPT) as gate:
        try:
            await gate.run(Work().generate())
        except Refused as error:
            said = error.reasons
    assert said == ("Violent content is not made here.",)


async def test_a_refusal_that_only_a_thread_was_told_is_raised_at_the_end(gateway: Gateway) -> None:
    gateway.decides = refuses()
    told: list[NotAllowed] = []

    def work(gate: Gate, stop: threading.Event) -> None:
        stop.wait(20)
        try:
            gate.check()
        except NotAllowed as error:
            told.append(error)

    async def block() -> None:
        stop = threading.Event()
        async with client(gateway).moderate(PROMPT) as gate:
            working = asyncio.create_task(asyncio.to_thread(work, gate, stop))
            # As programs do that mean a cancellation of their own.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(20)
            stop.set()
            await working

    with pytest.raises(Refused):
        await block()
    assert told


async def test_work_in_a_thread_stops_at_its_next_step(gateway: Gateway) -> None:
    gateway.decides, gateway.delay = refuses(), 0.1
    ended = threading.Event()
    steps = []

    def generate(gate: Gate) -> bytes:
        try:
            while True:
                gate.check()
                steps.append(1)
                threading.Event().wait(0.01)
        finally:
            ended.set()

    with pytest.raises(Refused):
        async with client(gateway).moderate(PROMPT) as gate:
            await gate.run(asyncio.to_thread(generate, gate))
    assert await asyncio.to_thread(ended.wait, 10)
    assert steps


async def test_after_the_block_nothing_is_allowed_any_more(gateway: Gateway) -> None:
    async with client(gateway).moderate(PROMPT) as gate:
        await gate.submit(PICTURE)
    for late in (gate.wait(), gate.submit(PICTURE)):
        with pytest.raises(Unavailable) as caught:
            await late
        assert caught.value.why is Why.OVER
    with pytest.raises(NotAllowed):
        gate.check()
    with pytest.raises(RuntimeError, match="one block"):
        await gate.__aenter__()


async def test_outside_of_a_block_there_is_no_gate(gateway: Gateway) -> None:
    gate = client(gateway).moderate(PROMPT)
    with pytest.raises(RuntimeError, match="inside its"):
        await gate.submit(PICTURE)
    with pytest.raises(RuntimeError, match="inside its"):
        gate.check()


async def test_a_task_group_in_the_block_is_cancelled_with_it(gateway: Gateway) -> None:
    gateway.decides, gateway.delay = refuses(), 0.1
    work = Work()
    with pytest.raises(Refused):
        async with client(gateway).moderate(PROMPT), asyncio.TaskGroup() as group:
            group.create_task(work.generate())
    assert work.cancelled


async def test_a_caller_that_is_cancelled_twice_ends_as_cancelled(gateway: Gateway) -> None:
    stuck, ended = asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            stuck.set()
            await ended.wait()

    async def block() -> None:
        async with client(gateway).moderate(PROMPT) as gate:
            await gate.run(stubborn())

    gateway.always = {"/": hang}
    task = asyncio.create_task(block())
    while not gateway.asked:
        await asyncio.sleep(0.01)
    task.cancel()
    await stuck.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    ended.set()


async def test_who_is_cancelled_again_and_again_leaves_no_connection(gateway: Gateway) -> None:
    entered = asyncio.Event()

    async def block() -> None:
        async with client(gateway).moderate(PROMPT) as gate:
            await gate.wait()
            entered.set()
            await asyncio.sleep(20)

    running = asyncio.create_task(block())
    await entered.wait()
    assert gateway.open == 1
    while not running.done():
        # As anyio's scopes do, until the task has left them.
        running.cancel()
        await asyncio.sleep(0)
    assert running.cancelled()
    async with asyncio.timeout(10):
        while gateway.open:
            await asyncio.sleep(0.01)
