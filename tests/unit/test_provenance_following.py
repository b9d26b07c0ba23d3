"""The index follows the records; retention takes from both."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from pathlib import Path

import pytest

from provenance import following as module
from provenance import retention
from provenance.following import Following
from provenance.migrations import RECORDS
from provenance.opened import open_records
from provenance.record import Record, Records
from provenance.retention import DAY_MS, Retention
from provenance.sql_records import SqlRecords
from sluice.errors import RetryableError
from sluice.host.readiness import Readiness
from sluice.sql.database import open_database
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from tests.unit.provenance_records import record


class Kept:
    """An index that only remembers what it was told."""

    def __init__(self) -> None:
        self.hashes: dict[int, Sequence[bytes]] = {}
        self.told: list[int] = []

    def add(self, number: int, hashes: Sequence[bytes]) -> None:
        self.told.append(number)
        self.hashes[number] = hashes

    def remove(self, numbers: Collection[int]) -> None:
        for number in numbers:
            self.hashes.pop(number, None)


class Stand:
    def __init__(self, records: Records) -> None:
        self.records = records
        self.index = Kept()
        self.metrics = Metrics("test")
        self.readiness = Readiness("", Log("test"))
        self.following = Following(records, self.index, self.readiness, self.metrics)

    async def put(self, count: int = 1, signed_at_ms: int = 0) -> list[int]:
        return [await self.records.put(record(signed_at_ms=signed_at_ms), b"manifest") for _ in range(count)]


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    records = await open_records(str(tmp_path / "records.db"))
    yield Stand(records)
    await records.close()


async def test_every_record_is_told_once(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    numbers = await stand.put(7)
    await stand.following.catch_up()
    await stand.following.catch_up()
    more = await stand.put(2)
    await asyncio.gather(*(stand.following.catch_up() for _ in range(3)))
    assert stand.index.told == numbers + more
    (kept,) = await stand.records.by_numbers(more[:1])
    assert stand.index.hashes[kept.number] == kept.hashes
    assert b"sluice_provenance_followed_records" in stand.metrics.text()


async def test_flat_pictures_are_not_in_the_index(stand: Stand) -> None:
    await stand.records.put(record(quality=0, hashes=()), b"manifest")
    await stand.following.catch_up()
    assert stand.index.told == []


async def test_it_is_ready_once_the_index_is_built(stand: Stand) -> None:
    numbers = await stand.put(2)
    running = asyncio.create_task(stand.following.run(every=0.01))
    try:
        async with asyncio.timeout(60):
            while stand.index.told != numbers or stand.readiness.reasons:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()


class Away(SqlRecords):
    """A database that can go away."""

    away = False

    async def after(self, number: int, limit: int) -> Sequence[Record]:
        if self.away:
            raise RetryableError("the record database: gone")
        return await super().after(number, limit)


async def test_a_database_that_went_away_is_told_and_then_read_on(tmp_path: Path) -> None:
    records = Away(await open_database(str(tmp_path / "records.db"), RECORDS))
    records.away = True
    stand = Stand(records)
    running = asyncio.create_task(stand.following.run(every=0.01))
    try:
        async with asyncio.timeout(60):
            while "the record database: gone" not in stand.readiness.reasons:
                await asyncio.sleep(0.01)
            assert set(stand.readiness.conditions) == {"index", "records"}
            records.away = False
            while stand.readiness.reasons:
                await asyncio.sleep(0.01)
            numbers = await stand.put(1)
            records.away = True
            while not stand.readiness.reasons:
                await asyncio.sleep(0.01)
            assert set(stand.readiness.conditions) == {"records"}
            records.away = False
            while stand.index.told != numbers or stand.readiness.reasons:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await records.close()


async def test_what_is_old_is_removed_in_batches_and_from_the_index(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "BATCH_SECONDS", 0.0)
    now = 100 * DAY_MS
    old = await stand.put(5, now - 30 * DAY_MS - 1)
    young = await stand.put(2, now - 30 * DAY_MS)
    await stand.following.catch_up()
    keeping = Retention(stand.records, stand.following, 30, lambda: now, stand.metrics, Log("test"))
    assert await keeping.once() == len(old)
    assert [each.number for each in await stand.records.after(0, 100)] == young
    assert list(stand.index.hashes) == young
    assert await keeping.once() == 0
    assert b'sluice_provenance_removed_total{service="test"} 5.0' in stand.metrics.text()


async def test_another_replica_forgets_what_it_did_not_remove(stand: Stand) -> None:
    other = Stand(stand.records)
    await stand.put(3, 0)
    for each in (stand, other):
        await each.following.catch_up()
    now = 10 * DAY_MS
    for each in (stand, other):
        await Retention(each.records, each.following, 1, lambda: now, each.metrics, Log("test")).once()
    assert other.index.hashes == stand.index.hashes == {}
    await other.following.forget_before(now)


async def test_retention_goes_on_after_the_database_went_away(stand: Stand) -> None:
    await stand.put(1, 0)
    tries = 0

    def now() -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RetryableError("gone")
        return 10 * DAY_MS

    keeping = Retention(stand.records, stand.following, 1, now, stand.metrics, Log("test"))
    running = asyncio.create_task(keeping.run(every=0.01))
    try:
        async with asyncio.timeout(60):
            while await stand.records.after(0, 1):
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
