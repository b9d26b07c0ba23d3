"""The ledger in one SQLite file: the default, for one machine."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final, Self, TypeVar

from reporter.migrations import APPLIED, MIGRATIONS, NOTE, TABLE, Dialect, Migration, missing
from reporter.scripts import Script
from reporter.sql_ledger import SqlLedger
from sluice.deadline import now_ms
from sluice.errors import RetryableError, TerminalError

T = TypeVar("T")
BUSY_SECONDS: Final = 10.0
"""How long one process waits for another one's write."""


class SqliteLedger(SqlLedger):
    """One connection, one call at a time, on threads. A change is on the disk when the call returns (WAL,
    `synchronous=FULL`)."""

    def __init__(self, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        """Call it on a thread, or `open`."""
        self._lock = Lock()
        with _translated():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            try:
                self._connection.execute("PRAGMA journal_mode=WAL").fetchone()
                self._connection.execute("PRAGMA synchronous=FULL")
                _migrate(self._connection, migrations)
            except BaseException:
                # Whatever it was goes on; the file must not stay open.
                self._connection.close()
                raise

    @classmethod
    async def open(cls, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> Self:
        """Opens the file, made where it is missing, and brings its tables up to date.

        Raises RetryableError where that cannot be done now, NotReadyError for a file of a newer release.
        """
        return await asyncio.to_thread(cls, path, migrations)

    async def run(self, script: Script[T]) -> T:
        return await asyncio.to_thread(self.run_now, script)

    def run_now(self, script: Script[T]) -> T:
        """`run` that blocks."""
        with self._lock, _translated(), _transaction(self._connection):
            try:
                statement, values = next(script)
                while True:
                    found = self._connection.execute(statement, values).fetchall()
                    statement, values = script.send(found)
            except StopIteration as end:
                result: T = end.value
                return result

    async def close(self) -> None:
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """`close` that blocks."""
        with self._lock:
            self._connection.close()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        # A full disk has ended it already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    with _transaction(connection):
        connection.execute(TABLE)
        applied = [int(row[0]) for row in connection.execute(APPLIED)]
        for step in missing(applied, migrations):
            for statement in step.sql(Dialect.SQLITE):
                connection.execute(statement)
            connection.execute(NOTE, (step.number, step.about, now_ms()))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.DataError) as error:
        raise TerminalError(f"the ledger refuses this: {type(error).__name__}") from error
    except (sqlite3.Error, OSError) as error:
        name = getattr(error, "sqlite_errorname", "") or type(error).__name__
        raise RetryableError(f"the ledger: {name}") from error
