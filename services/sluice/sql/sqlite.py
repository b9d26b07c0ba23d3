"""A SQLite file: the default, for one machine."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self, TypeVar

from sluice.errors import RetryableError, TerminalError
from sluice.sql.private import keep_private
from sluice.sql.schema import Dialect, Schema, migrate
from sluice.sql.script import Row, Script

T = TypeVar("T")
BUSY_SECONDS: Final = 10.0
"""How long one process waits for another one's write."""
_AGAIN_SECONDS: Final = 0.01


class SqliteDatabase:
    """A `Database`. Its calls run on threads: one connection writes, another one reads, each by one call at a time. A
    change is on the disk when `run` returns (WAL, `synchronous=FULL`)."""

    def __init__(self, path: Path, schema: Schema) -> None:
        """Call it on a thread, or `open`. RetryableError, NotReadyError for a file of a newer release."""
        self._path = path
        self._words = schema.words
        self._lock, self._reading = Lock(), Lock()
        self._reader: sqlite3.Connection | None = None
        with self._translated():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            keep_private(path)
            self._writer = _connect(path)
        try:
            self.run_now(migrate(schema, Dialect.SQLITE))
        except BaseException:
            # Whatever it was goes on; the file must not stay open.
            self._writer.close()
            raise

    @classmethod
    async def open(cls, path: Path, schema: Schema) -> Self:
        """Opens the file, made where it is missing, and brings its tables up to date. Raises as the constructor."""
        return await asyncio.to_thread(cls, path, schema)

    @property
    def dialect(self) -> Dialect:
        return Dialect.SQLITE

    async def run(self, script: Script[T]) -> T:
        return await asyncio.to_thread(self.run_now, script)

    def run_now(self, script: Script[T]) -> T:
        """`run` that blocks."""
        with self._lock, self._translated(), _transaction(self._writer):
            try:
                statement, values = next(script)
                while True:
                    found = self._writer.execute(statement, values).fetchall()
                    statement, values = script.send(found)
            except StopIteration as end:
                result: T = end.value
                return result

    async def rows(self, statement: str, *values: Any) -> list[Row]:
        return await asyncio.to_thread(self.rows_now, statement, *values)

    def rows_now(self, statement: str, *values: Any) -> list[Row]:
        """`rows` that blocks."""
        with self._reading, self._translated():
            if self._reader is None:
                self._reader = _connect(self._path)
            return self._reader.execute(statement, values).fetchall()

    async def close(self) -> None:
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """`close` that blocks."""
        with self._reading:
            if self._reader is not None:
                self._reader.close()
        with self._lock:
            self._writer.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.DataError) as error:
            raise TerminalError(f"{self._words} refuses this: {type(error).__name__}") from error
        except (sqlite3.Error, OSError) as error:
            name = getattr(error, "sqlite_errorname", "") or type(error).__name__
            raise RetryableError(f"{self._words}: {name}") from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _keep_a_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _keep_a_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for others here, where two of them make the file at once."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= give_up:
                raise
        else:
            return
        time.sleep(_AGAIN_SECONDS)


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
