"""Who reads a picture next."""

import asyncio

import pytest

from ingest.turns import URGENT, Turns, Urgency
from sluice.deadline import Deadline
from sluice.errors import RetryableError

BULK = Urgency(bulk=True)


async def settle() -> None:
    """Lets every task run as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


class Readers:
    """Tasks that take a turn and hold it until they are told to stop."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._stops: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.began: list[str] = []

    async def begin(self, name: str, urgency: Urgency = URGENT) -> None:
        self._stops[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._read(name, urgency))
        await settle()

    async def end(self, name: str) -> None:
        self._stops[name].set()
        await self.tasks[name]
        await settle()

    async def _read(self, name: str, urgency: Urgency) -> None:
        async with self._turns.take(urgency):
            self.began.append(name)
            await self._stops[name].wait()


async def test_the_urgent_go_before_bulk_and_each_in_its_order() -> None:
    readers = Readers(Turns(1))
    await readers.begin("first", BULK)
    for name, urgency in (("bulk 1", BULK), ("bulk 2", BULK), ("urgent 1", URGENT), ("urgent 2", URGENT)):
        await readers.begin(name, urgency)
    order = ["first", "urgent 1", "urgent 2", "bulk 1", "bulk 2"]
    for name in order:
        await readers.end(name)
    assert readers.began == order


async def test_no_more_at_once_than_there_are_turns() -> None:
    readers = Readers(Turns(2))
    for name in ("a", "b", "c"):
        await readers.begin(name)
    assert readers.began == ["a", "b"]
    await readers.end("b")
    assert readers.began == ["a", "b", "c"]
    await readers.end("a")
    await readers.end("c")


async def test_a_turn_that_comes_too_late_is_passed_on() -> None:
    readers = Readers(Turns(1))
    await readers.begin("slow")
    await readers.begin("late", Urgency(deadline=Deadline(0)))
    await readers.begin("next")
    await readers.end("slow")
    with pytest.raises(RetryableError, match="deadline"):
        await readers.tasks["late"]
    assert readers.began == ["slow", "next"]
    await readers.end("next")


async def test_who_gives_up_waiting_or_is_given_a_turn_while_giving_up_costs_none() -> None:
    readers = Readers(Turns(1))
    for name in ("holds", "gives up", "given and gives up", "next"):
        await readers.begin(name)
    readers.tasks["gives up"].cancel()
    await settle()
    readers._stops["holds"].set()
    # The turn is passed on while the holder's task ends; cancelled before it could run, it must not be lost.
    await asyncio.sleep(0)
    readers.tasks["given and gives up"].cancel()
    await settle()
    assert readers.began == ["holds", "next"]
    await readers.end("next")
    readers_after = Readers(readers._turns)
    await readers_after.begin("after")
    assert readers_after.began == ["after"]
    await readers_after.end("after")
