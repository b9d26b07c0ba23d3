"""Keys that were looked up lately: for how long, and what is looked up each time."""

from dataclasses import replace

import pytest

from gateway.key_ring import KEPT_SECONDS, KeyRing
from gateway.keys import Key
from gateway.scopes import Limits
from sluice.errors import RetryableError

KEY = Key("k", "n", b"d", "t", frozenset(), Limits(), 1)


class Store:
    """A store that counts, and may be away."""

    def __init__(self) -> None:
        self.found: Key | None = KEY
        self.asked = 0
        self.away = False

    async def find(self, digest: bytes) -> Key | None:
        self.asked += 1
        if self.away:
            raise RetryableError("away")
        return self.found


class Clock:
    """Seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_key_is_looked_up_again_after_a_moment() -> None:
    store, clock = Store(), Clock()
    ring = KeyRing(store, clock)
    for _ in range(3):
        assert await ring.find(b"d") == KEY
    assert store.asked == 1
    store.found = replace(KEY, revoked_ms=1)
    clock.now = KEPT_SECONDS
    found = await ring.find(b"d")
    assert found is not None
    assert not found.good(2)


async def test_what_is_not_there_is_looked_up_each_time() -> None:
    store = Store()
    store.found = None
    ring = KeyRing(store, Clock())
    assert await ring.find(b"d") is None
    store.found = KEY
    assert await ring.find(b"d") == KEY


async def test_a_store_that_is_away_lets_in_whom_it_knew_for_a_moment_and_then_nobody() -> None:
    store, clock = Store(), Clock()
    ring = KeyRing(store, clock)
    await ring.find(b"d")
    store.away = True
    assert await ring.find(b"d") == KEY
    clock.now = KEPT_SECONDS
    with pytest.raises(RetryableError):
        await ring.find(b"d")
