"""Opens the ledger that a setting names."""

import asyncio
from pathlib import Path
from typing import Final

from reporter.ledger import Ledger
from reporter.migrations import LEDGER
from reporter.sql_ledger import SqlLedger
from sluice.errors import NotReadyError, RetryableError
from sluice.local.locks import FileLock
from sluice.sql.database import Database, open_database
from sluice.sql.schema import Dialect, Schema

LOCK: Final = ".lock"
"""Behind the name of the file."""


class OwnLedger(SqlLedger):
    """One that no other process works with, for as long as it is open."""

    def __init__(self, database: Database, lock: FileLock) -> None:
        super().__init__(database)
        self._database = database
        self._lock = lock
        self.close = self._let_go

    async def _let_go(self) -> None:
        await self._database.close()
        self._lock.release()


async def open_ledger(where: str, schema: Schema = LEDGER) -> Ledger:
    """`where`: a path, or `postgresql://...`. RetryableError where it does not answer, NotReadyError where a person
    must see to it."""
    return SqlLedger(await open_database(where, schema))


async def take_ledger(where: str, now: int) -> Ledger:
    """`open_ledger` for a reporter. A file is for one of them alone: nobody is at what a former one had claimed, so
    that is due now. In PostgreSQL a claim ends with its lease. `now`: milliseconds since the epoch."""
    database = await open_database(where, LEDGER)
    if database.dialect is not Dialect.SQLITE:
        return SqlLedger(database)
    try:
        ledger = OwnLedger(database, await asyncio.to_thread(_locked, Path(f"{where}{LOCK}")))
    except BaseException:
        # Cancelled as well: the file, or the pool of connections, is let go.
        await database.close()
        raise
    try:
        await ledger.take_over(now)
    except BaseException:
        # Cancelled as well: the lock goes with the ledger.
        await ledger.close()
        raise
    return ledger


def _locked(path: Path) -> FileLock:
    try:
        lock = FileLock.take(path)
    except OSError as error:
        raise RetryableError(f"{LEDGER.words}: {error.strerror}") from error
    if lock is None:
        raise NotReadyError(
            f"{LEDGER.setting}: another reporter works with this file ({path.name} is locked). A file is for one of "
            "them: end the other one, or name a PostgreSQL for several"
        )
    return lock
