"""Opening a ledger, and taking it over from a reporter that is gone: on SQLite and on a real PostgreSQL."""

from dataclasses import replace
from pathlib import Path

import pytest

from reporter.backoff import NEVER
from reporter.ledger import StaleError
from reporter.migrations import LEDGER
from reporter.opened import open_ledger, take_ledger
from sluice.errors import NotReadyError, RetryableError
from sluice.sql.schema import Migration
from tests.unit.databases import Databases
from tests.unit.reporter_incidents import NOW, confirmed, new

BOTH = (False, True)


async def test_a_database_of_a_newer_release_is_left_alone(where: str) -> None:
    later = Migration(len(LEDGER.migrations) + 1, "later", ("CREATE TABLE later (number {int64})",))
    newer = await open_ledger(where, replace(LEDGER, migrations=(*LEDGER.migrations, later)))
    await newer.close()
    with pytest.raises(NotReadyError, match="newer release"):
        await open_ledger(where)


async def test_what_a_former_reporter_had_claimed_is_due_where_a_ledger_is_for_one_alone(where: str) -> None:
    former = await open_ledger(where)
    await former.add(new(1))
    await former.add(replace(new(2), due_ms=NEVER))
    await former.add(replace(confirmed(3), due_ms=NEVER))
    claimed = await former.claim_incident(NOW)
    assert claimed is not None
    assert await former.gather(NOW, 50) is not None
    held = await former.claim_report(NOW, BOTH)
    assert held is not None
    await former.close()
    ledger = await take_ledger(where, NOW + 1)
    try:
        found = await ledger.claim_incident(NOW + 1), await ledger.claim_report(NOW + 1, BOTH)
        alone = "://" not in where
        assert [one is not None for one in found] == [alone, alone]
        if alone:
            # Whoever is still at it writes nothing.
            with pytest.raises(StaleError):
                await ledger.save_incident(claimed)
            with pytest.raises(StaleError):
                await ledger.save_report(held)
            assert await ledger.claim_incident(NOW + 1) is None
    finally:
        await ledger.close()


async def test_a_file_is_for_one_reporter_and_a_server_for_many(where: str) -> None:
    first = await take_ledger(where, NOW)
    if "://" in where:
        await (await take_ledger(where, NOW)).close()
    else:
        with pytest.raises(NotReadyError, match=r"SLUICE_REPORTER_DB.*another reporter"):
            await take_ledger(where, NOW)
    await first.close()
    await (await take_ledger(where, NOW)).close()


async def test_a_folder_that_is_a_file_is_retryable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RetryableError, match="the ledger"):
        await open_ledger(str(tmp_path / "file" / "reporter.db"))


async def test_a_server_that_is_not_there_is_retryable_and_its_password_is_not_told(kept: Databases) -> None:
    wrong = kept.server.url().replace("sluice@", "sluice:hunter2@").replace(str(kept.server.port), "1")
    with pytest.raises(RetryableError, match="the ledger") as caught:
        await open_ledger(wrong)
    assert "hunter2" not in str(caught.value)


async def test_an_address_that_is_none_is_not_quoted() -> None:
    with pytest.raises(NotReadyError, match="SLUICE_REPORTER_DB") as caught:
        await open_ledger("postgresql://host/db?nonsense=hunter2")
    assert "hunter2" not in str(caught.value)
