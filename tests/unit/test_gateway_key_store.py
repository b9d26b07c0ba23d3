"""Keys in both databases: kept by digest, revoked once, and counted by day and month whoever counts."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.console_sessions import Sessions
from gateway.housekeeping import keep_house
from gateway.key_store import KeyStore
from gateway.keys import Key, digest_of, new_id, new_secret
from gateway.requests_taken import Taken, TakenStore
from gateway.scopes import Limits, Scope
from gateway.seed import NAME, TENANT, Planted, plant
from sluice.errors import NotReadyError
from sluice.telemetry.logging import Log
from tests.unit.databases import KINDS, Databases, databases

DAY = "2026-11-30"


@pytest.fixture(scope="module")
def servers() -> Iterator[Databases]:
    with databases() as made:
        yield made


@pytest.fixture(params=KINDS)
def where(request: pytest.FixtureRequest, servers: Databases, tmp_path: Path) -> str:
    kind: str = request.param
    return servers.empty(kind, tmp_path)


@pytest.fixture
async def store(where: str) -> AsyncIterator[KeyStore]:
    opened = await KeyStore.open(where)
    yield opened
    await opened.close()


def a_key(**fields: object) -> Key:
    """A key that nobody had before."""
    limits = Limits(60, 10, 1000, 20_000)
    scopes = frozenset({Scope.MODERATE, Scope.READ})
    key = Key(new_id(), "a name", digest_of(new_secret()), "t", scopes, limits, 1_795_000_000_000)
    return replace(key, **fields)  # type: ignore[arg-type] # a test names fields that there are


async def test_what_was_kept_is_found_whole(store: KeyStore) -> None:
    key = a_key(expires_ms=1_799_000_000_000)
    assert await store.add(key)
    assert await store.find(key.digest) == key
    assert await store.find(b"0" * 32) is None


async def test_a_second_one_of_a_digest_changes_nothing(store: KeyStore) -> None:
    key = a_key()
    assert await store.add(key)
    assert not await store.add(replace(a_key(), digest=key.digest, tenant="other"))
    assert await store.find(key.digest) == key


async def test_a_key_is_revoked_once(store: KeyStore) -> None:
    key = a_key()
    await store.add(key)
    assert await store.revoke(key.id, 7)
    assert not await store.revoke(key.id, 8)
    assert not await store.revoke("key_of_nobody", 8)
    found = await store.find(key.digest)
    assert found is not None
    assert found.revoked_ms == 7


async def test_all_of_them_the_oldest_first(store: KeyStore) -> None:
    new, old = a_key(created_ms=2), a_key(created_ms=1)
    await store.add(new)
    await store.add(old)
    assert [key.id for key in await store.all()] == [old.id, new.id]


async def test_a_scope_that_is_not_known_opens_nothing(store: KeyStore) -> None:
    key = a_key()
    await store.add(key)
    from sluice.sql.script import one  # noqa: PLC0415 - a row of a release to come

    await store.database.run(one("UPDATE gateway_keys SET scopes = ? WHERE id = ?", "read,everything", key.id))
    found = await store.find(key.digest)
    assert found is not None
    assert found.scopes == {Scope.READ}


@pytest.mark.parametrize(
    ("limits", "counts", "outcomes"),
    [
        (Limits(day=5), [3, 2, 1], [None, None, "day"]),
        (Limits(day=5), [3, 3, 2], [None, "day", None]),
        (Limits(month=5), [3, 3, 2], [None, "month", None]),
        (Limits(day=5, month=4), [3, 2, 1], [None, "month", None]),
        (Limits(), [100, 100], [None, None]),
    ],
)
async def test_a_quota_is_counted_to_its_end_and_no_further(
    store: KeyStore, limits: Limits, counts: list[int], outcomes: list[str | None]
) -> None:
    assert [await store.spend("k", count, DAY, limits) for count in counts] == outcomes
    spent = sum(count for count, outcome in zip(counts, outcomes, strict=True) if outcome is None)
    assert await store.spent("k", DAY) == {DAY: spent, "2026-11": spent}


async def test_a_new_day_begins_at_nothing_and_the_month_goes_on(store: KeyStore) -> None:
    limits = Limits(day=2, month=3)
    assert await store.spend("k", 2, "2026-11-29", limits) is None
    assert await store.spend("k", 1, DAY, limits) is None
    assert await store.spend("k", 1, DAY, limits) == "month"
    assert await store.spend("k", 2, "2026-12-01", limits) is None


async def test_many_at_once_pass_no_quota(where: str) -> None:
    stores = [await KeyStore.open(where) for _ in range(2)]
    asking = [stores[at % 2].spend("k", 1, DAY, Limits(day=20)) for at in range(40)]
    outcomes = await asyncio.gather(*asking)
    assert outcomes.count(None) == 20
    assert (await stores[0].spent("k", DAY))[DAY] == 20
    for store in stores:
        await store.close()


async def test_counts_of_long_ago_are_forgotten(store: KeyStore) -> None:
    for day in ("2026-09-15", "2026-11-01"):
        await store.spend("k", 1, day, Limits(day=9))
    await store.forget("2026-10-01")
    assert await store.spent("k", "2026-09-15") == {}
    assert await store.spent("k", "2026-11-01") == {"2026-11-01": 1, "2026-11": 1}


async def test_the_last_day_goes_forward_only(store: KeyStore) -> None:
    key = a_key()
    await store.add(key)
    for day in ("2026-11-29", DAY, "2026-11-28"):
        await store.used(key.id, day)
    found = await store.find(key.digest)
    assert found is not None
    assert found.used_day == DAY


async def test_the_first_key_is_planted_once_and_stays_revoked(store: KeyStore) -> None:
    secret = new_secret()
    assert await plant(store, secret, 5) is Planted.NEW
    assert await plant(store, secret, 6) is Planted.THERE
    key = await store.find(digest_of(secret))
    assert key is not None
    assert (key.name, key.tenant, key.scopes, key.limits) == (NAME, TENANT, frozenset(Scope), Limits())
    await store.revoke(key.id, 7)
    assert await plant(store, secret, 8) is Planted.REVOKED
    found = await store.find(digest_of(secret))
    assert found is not None
    assert not found.good(9)


async def test_another_first_key_ends_the_former_and_no_other(store: KeyStore) -> None:
    former, present = new_secret(), new_secret()
    other = a_key()
    await store.add(other)
    await plant(store, former, 5)
    assert await plant(store, present, 6) is Planted.NEW
    # A replica that still has the former value starts.
    assert await plant(store, former, 7) is Planted.REVOKED
    good = {key.digest for key in await store.all() if key.good(8)}
    assert good == {other.digest, digest_of(present)}


async def test_a_secret_is_made_once_for_all_replicas(store: KeyStore) -> None:
    found = await store.secret("ids")
    assert len(found) == 32
    assert await KeyStore(store.database).secret("ids") == found
    assert await store.secret("else") != found


async def test_what_is_old_is_forgotten_while_it_runs(store: KeyStore) -> None:
    sessions, taken = Sessions(store.database), TakenStore(store.database)
    cookie = await sessions.begin(b"k" * 32, 0)
    await taken.put(Taken("an id", "t", b"d", 0))
    await taken.put(Taken("a new id", "t", b"d", 40 * 86_400_000))
    log = Log("gateway", stream=io.StringIO())
    keeping = asyncio.create_task(keep_house(store, log, lambda: 40 * 86_400_000, every=0.01))
    async with asyncio.timeout(30):
        while await taken.get("an id") is not None or await sessions.key_of(cookie, 0) is not None:
            await asyncio.sleep(0.01)
    keeping.cancel()
    assert await taken.get("a new id") is not None


async def test_it_says_that_it_answers(store: KeyStore) -> None:
    await store.ping()


async def test_an_address_that_is_none_names_the_variable() -> None:
    with pytest.raises(NotReadyError, match="SLUICE_GATEWAY_DB"):
        await KeyStore.open("postgresql://[::")
