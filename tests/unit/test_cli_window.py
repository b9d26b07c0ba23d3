"""Many at once, in order, within a bound."""

import asyncio

import pytest

from sluice.cli.window import in_order


async def test_answers_come_in_order_however_long_each_takes() -> None:
    release = [asyncio.Event() for _ in range(3)]

    async def work(number: int) -> int:
        await release[number].wait()
        if number > 0:
            release[number - 1].set()
        return number * 10

    release[2].set()
    assert [answer async for answer in in_order(range(3), work, most=3)] == [0, 10, 20]


@pytest.mark.parametrize("most", [1, 3])
async def test_no_more_than_the_bound_are_under_way_and_the_bound_is_used(most: int) -> None:
    under_way = 0
    seen: list[int] = []

    async def work(number: int) -> int:
        nonlocal under_way
        under_way += 1
        seen.append(under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return number

    assert [answer async for answer in in_order(range(40), work, most)] == list(range(40))
    assert max(seen) == most


async def test_leaving_early_cancels_the_rest() -> None:
    cancelled: list[int] = []

    async def work(number: int) -> int:
        try:
            await asyncio.sleep(0 if number == 0 else 3600)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise
        return number

    answers = in_order(range(3), work, most=3)
    assert await anext(answers) == 0
    await answers.aclose()
    assert sorted(cancelled) == [1, 2]


async def test_nothing_asked_nothing_answered() -> None:
    async def work(number: int) -> int:
        return number

    assert [answer async for answer in in_order([], work, most=4)] == []
