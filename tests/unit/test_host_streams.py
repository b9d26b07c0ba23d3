"""Answers over a stream: as they are ready, and no further ahead than the client reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from sluice.host.streams import as_ready


async def questions(count: int, taken: list[int]) -> AsyncIterator[int]:
    for number in range(count):
        taken.append(number)
        yield number


async def double(number: int) -> int:
    await asyncio.sleep(0.001 * (number % 3))
    return number * 2


async def test_every_question_has_its_answer() -> None:
    found = [answer async for answer in as_ready(questions(50, []), double, most=4)]
    assert sorted(found) == [number * 2 for number in range(50)]


async def test_a_client_that_does_not_read_is_not_worked_ahead_for() -> None:
    taken: list[int] = []
    answers = as_ready(questions(1000, taken), double, most=4)
    assert await anext(answers) == 0
    await asyncio.sleep(0.1)
    assert len(taken) <= 8
    await answers.aclose()


async def test_what_fails_ends_the_stream() -> None:
    async def fails(number: int) -> int:
        if number == 3:
            raise RuntimeError("no")
        return number

    with pytest.raises(ExceptionGroup):
        [answer async for answer in as_ready(questions(10, []), fails, most=2)]


async def test_closing_it_cancels_what_is_under_way_and_takes_nothing_more() -> None:
    ended: list[int] = []
    taken: list[int] = []

    async def slow(number: int) -> int:
        try:
            await asyncio.sleep(0 if number == 0 else 60)
        finally:
            ended.append(number)
        return number

    before = asyncio.all_tasks()
    async with aclosing(as_ready(questions(1000, taken), slow, most=4)) as answers:
        assert await anext(answers) == 0
    assert sorted(ended) == [0, 1, 2, 3]
    assert len(taken) <= 5
    assert asyncio.all_tasks() == before


async def test_a_reader_that_is_cancelled_leaves_no_task_behind() -> None:
    async def never(number: int) -> int:
        await asyncio.sleep(60)
        return number

    async def read() -> None:
        async with aclosing(as_ready(questions(10, []), never, most=4)) as answers:
            async for _ in answers:
                pass

    before = asyncio.all_tasks()
    reading = asyncio.create_task(read())
    async with asyncio.timeout(60):
        while len(asyncio.all_tasks()) <= len(before) + 1:
            await asyncio.sleep(0.001)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert asyncio.all_tasks() == before
