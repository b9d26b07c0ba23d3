"""What runs beside the worker: it may end, it may go on for ever, and it may not fail unnoticed."""

import asyncio

import pytest

from sluice.errors import TerminalError
from sluice.host.beside import run_beside


async def quick() -> None:
    await asyncio.sleep(0)


async def for_ever() -> None:
    await asyncio.Event().wait()


async def failing() -> None:
    await asyncio.sleep(0)
    raise TerminalError("a bug")


async def test_the_work_ends_it_all() -> None:
    ended = asyncio.Event()

    async def beside() -> None:
        try:
            await for_ever()
        finally:
            ended.set()

    await run_beside(quick(), [beside(), quick()])
    assert ended.is_set()


async def test_what_ends_beside_it_does_not_end_the_work() -> None:
    going = asyncio.create_task(run_beside(for_ever(), [quick()]))
    await asyncio.sleep(0.05)
    assert not going.done()
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going


async def test_what_fails_beside_it_ends_the_work() -> None:
    with pytest.raises(TerminalError, match="a bug"):
        await run_beside(for_ever(), [for_ever(), failing()])
