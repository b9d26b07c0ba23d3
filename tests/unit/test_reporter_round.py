"""Work that goes on: at once, when the bell rings, and in spite of whatever happens to it."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable

import pytest

from reporter import round as rounds
from reporter.bell import Bell
from reporter.round import Round
from sluice.errors import FatalError, RetryableError, TerminalError
from sluice.telemetry.logging import Log

HOURS = 3600.0


async def going(once: Callable[[], Awaitable[object]], stop: asyncio.Event, bell: Bell, idle: float = HOURS) -> str:
    """Runs it to its end; what was logged."""
    said = io.StringIO()
    await Round("work", bell, Log("test", stream=said), idle).run(once, stop)
    return said.getvalue()


async def test_it_goes_on_at_once_for_as_long_as_there_is_something_to_do() -> None:
    stop, left = asyncio.Event(), [3]

    async def once() -> bool:
        left[0] -= 1
        if not left[0]:
            stop.set()
        return True

    await going(once, stop, Bell())
    assert left == [0]


async def test_who_has_nothing_to_do_hears_the_bell() -> None:
    stop, bell, looks = asyncio.Event(), Bell(), 0

    async def once() -> bool:
        nonlocal looks
        looks += 1
        if looks == 3:
            stop.set()
        asyncio.get_running_loop().call_soon(bell.ring)
        return False

    await going(once, stop, bell)
    assert looks == 3


async def test_a_ring_while_it_looks_is_not_missed() -> None:
    stop, bell, looks = asyncio.Event(), Bell(), 0

    async def once() -> bool:
        nonlocal looks
        looks += 1
        if looks == 1:
            bell.ring()
        else:
            stop.set()
            bell.ring()
        return False

    await going(once, stop, bell)
    assert looks == 2


async def test_nobody_rings_for_what_others_have_made() -> None:
    stop, looks = asyncio.Event(), 0

    async def once() -> bool:
        nonlocal looks
        looks += 1
        if looks == 3:
            stop.set()
        return False

    await going(once, stop, Bell(), idle=0.001)
    assert looks == 3


@pytest.mark.parametrize("error", [RetryableError("away"), TerminalError("never"), ValueError("the content of it")])
async def test_what_goes_wrong_is_told_and_tried_again(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "FIRST_SECONDS", 0.001)
    stop, looks = asyncio.Event(), 0

    async def once() -> bool:
        nonlocal looks
        looks += 1
        if looks < 4:
            raise error
        stop.set()
        return True

    said = await going(once, stop, Bell())
    assert "the content of it" not in said
    lines = [json.loads(line) for line in said.splitlines()]
    assert [(line["reason"], line["seconds"]) for line in lines] == [
        ("work", 0.001),
        ("work", 0.002),
        ("work", 0.004),
    ]


async def test_what_cannot_go_on_ends_it() -> None:
    async def once() -> bool:
        raise FatalError("the producer cannot go on")

    with pytest.raises(FatalError):
        await going(once, asyncio.Event(), Bell())


async def test_who_waits_after_an_error_is_stopped_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "FIRST_SECONDS", HOURS)
    stop = asyncio.Event()

    async def once() -> bool:
        asyncio.get_running_loop().call_soon(stop.set)
        raise RetryableError("away")

    assert "away" in await going(once, stop, Bell())
