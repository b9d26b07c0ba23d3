"""Requests that nobody waits for, where every replica sees them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.key_store import KeyStore
from gateway.requests_taken import KEEP_MS, Taken, TakenStore

TAKEN = Taken("an id", "studio", b"digest", 1000)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[TakenStore]:
    keys = await KeyStore.open(str(tmp_path / "gateway.db"))
    yield TakenStore(keys.database)
    await keys.close()


async def test_what_is_noted_first_stays(store: TakenStore) -> None:
    assert await store.get("an id") is None
    assert await store.put(TAKEN) == TAKEN
    assert await store.put(Taken("an id", "other", b"else", 2000)) == TAKEN
    assert await store.get("an id") == TAKEN


async def test_it_is_forgotten_after_a_day(store: TakenStore) -> None:
    await store.put(TAKEN)
    await store.forget(1000 + KEEP_MS)
    assert await store.get("an id") == TAKEN
    await store.forget(1001 + KEEP_MS)
    assert await store.get("an id") is None
