"""Who waits for something to happen to a key."""

import asyncio

from gateway.follower_bells import Bells


async def test_a_bell_wakes_those_who_wait_for_its_key() -> None:
    bells = Bells()
    with bells.heard("a") as first, bells.heard("a") as second, bells.heard("b") as other:
        await asyncio.to_thread(bells.ring, "a")
        await asyncio.wait_for(asyncio.gather(first.wait(), second.wait()), 20)
        assert not other.is_set()
        first.clear()
        bells.ring("a")
        await asyncio.wait_for(first.wait(), 20)


async def test_nobody_who_left_is_kept() -> None:
    bells = Bells()
    with bells.heard("a"):
        with bells.heard("a"):
            assert len(bells) == 1
        assert len(bells) == 1
    assert len(bells) == 0
    bells.ring("a")
