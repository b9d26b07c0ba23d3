"""How much a door takes in: who is sent away, who waits, and that nothing stays counted."""

import asyncio

import pytest

from sluice.deadline import Deadline
from sluice.errors import OverloadedError
from sluice.host.room import Room

SOON = 60.0


def later(room: Room, size: int = 0) -> "asyncio.Task[None]":
    return asyncio.create_task(room.wait(Deadline.after(SOON), size))


def test_more_calls_than_there_is_room_for_are_sent_away_with_a_time_to_come_back() -> None:
    room = Room(2, retry_seconds=0.5)
    with room.held(), room.held():
        with pytest.raises(OverloadedError) as caught:
            room.take()
        assert caught.value.seconds == 0.5
    with room.held():
        assert room.calls == 1
    assert room.calls == 0


def test_bytes_have_a_bound_of_their_own_but_a_single_call_may_be_larger() -> None:
    room = Room(10, most_bytes=100)
    with room.held(60):
        with pytest.raises(OverloadedError):
            room.take(41)
        with room.held(40):
            pass
    with room.held(1000), pytest.raises(OverloadedError):
        room.take(1)
    room.take(100)
    room.leave(100)


def test_a_call_can_turn_out_larger_than_it_was() -> None:
    room = Room(10, most_bytes=100)
    room.take()
    room.grow(200)
    room.leave(200)
    room.take()
    room.take()
    room.grow(100)
    with pytest.raises(OverloadedError):
        room.grow(1)
    room.leave(100)
    room.leave()
    room.take(100)


async def test_who_waits_is_let_in_in_turn() -> None:
    room = Room(1)
    room.take()
    first, second = later(room), later(room)
    await asyncio.sleep(0)
    assert (room.calls, room.waiting) == (1, 2)
    with pytest.raises(OverloadedError):
        room.take()
    room.leave()
    await first
    assert not second.done()
    room.leave()
    await second
    assert (room.calls, room.waiting) == (1, 0)


async def test_a_large_one_is_not_overtaken_by_small_ones() -> None:
    room = Room(10, most_bytes=100)
    room.take(80)
    large, small = later(room, 90), later(room, 10)
    await asyncio.sleep(0)
    assert room.waiting == 2
    room.leave(80)
    await asyncio.gather(large, small)
    assert room.calls == 2


async def test_waiting_ends_at_the_deadline() -> None:
    room = Room(1)
    room.take()
    with pytest.raises(OverloadedError):
        await room.wait(Deadline.after(0.02))
    assert (room.calls, room.waiting) == (1, 0)


async def test_who_gives_up_makes_way_for_the_next() -> None:
    room = Room(10, most_bytes=100)
    room.take(50)
    large, small = later(room, 100), later(room, 50)
    await asyncio.sleep(0)
    large.cancel()
    await small
    assert (room.calls, room.waiting) == (2, 0)


async def test_who_is_cancelled_while_being_let_in_leaves_nothing_behind() -> None:
    room = Room(1)
    room.take()
    waiting = later(room)
    await asyncio.sleep(0)
    room.leave()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (room.calls, room.waiting) == (0, 0)


async def test_held_in_turn_gives_its_place_back() -> None:
    room = Room(1)
    async with room.held_in_turn(Deadline.after(SOON), 10):
        assert room.calls == 1
    assert room.calls == 0
