"""Answers over a stream: as they are ready, and no further ahead than the client reads."""

import asyncio
from collections.abc import AsyncIterator

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
    await answers.aclose()  # type: ignore[attr-defined]


async def test_what_fails_ends_the_stream() -> None:
    async def fails(number: int) -> int:
        if number == 3:
            raise RuntimeError("no")
        return number

    with pytest.raises(ExceptionGroup):
        [answer async for answer in as_ready(questions(10, []), fails, most=2)]
