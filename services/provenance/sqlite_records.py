"""Records in one SQLite file: the default, for one machine."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self, TypeVar

from provenance import rows
from provenance.migrations import APPLIED, MIGRATIONS, NOTE, TABLE, Dialect, Migration, missing
from provenance.record import Record
from sluice.deadline import now_ms
from sluice.errors import RetryableError, TerminalError

T = TypeVar("T")
BUSY_SECONDS: Final = 10.0
"""How long one process waits for another one's write."""


class SqliteRecords:
    """`Records` in a file. Its calls run on threads: one connection writes, one reads, each by one call at a time.

    A write is on the disk when `put` returns (WAL, `synchronous=FULL`).
    """

    def __init__(self, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        """Call it on a thread, or `open`."""
        with _translated():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._writer = _Connection(path)
            try:
                _migrate(self._writer.connection, migrations)
                self._reader = _Connection(path)
            except BaseException:
                # Whatever it was goes on; the file must not stay open.
                self._writer.close()
                raise

    @classmethod
    async def open(cls, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> Self:
        """Opens the file, made where it is missing, and brings its tables up to date.

        Raises RetryableError where that cannot be done now, NotReadyError for a file of a newer release.
        """
        return await asyncio.to_thread(cls, path, migrations)

    async def put(self, record: Record, manifest: bytes) -> int:
        """See `Records`; so it is with all the others."""
        values = rows.values(record, manifest)

        def write(connection: sqlite3.Connection) -> int:
            with _transaction(connection):
                found = connection.execute(rows.INSERT, values).fetchone()
                found = found or connection.execute(rows.NUMBER, (record.manifest_label,)).fetchone()
            return int(found[0])

        return await asyncio.to_thread(self._writer.run, write)

    async def by_label(self, label: str) -> Sequence[Record]:
        return await self._records(rows.BY_LABEL, label)

    async def by_digest(self, sha256: bytes) -> Sequence[Record]:
        return await self._records(rows.BY_DIGEST, sha256, sha256)

    async def by_pixels(self, sha256: bytes) -> Sequence[Record]:
        return await self._records(rows.BY_PIXELS, sha256)

    async def by_watermark(self, watermark: bytes) -> Sequence[Record]:
        return await self._records(rows.BY_WATERMARK, watermark)

    async def by_binding(self, binding: bytes) -> Sequence[Record]:
        return await self._records(rows.BY_BINDING, binding)

    async def by_serial(self, serial: str, after: int, limit: int) -> Sequence[Record]:
        return await self._records(rows.BY_SERIAL, serial, after, limit)

    async def by_numbers(self, numbers: Sequence[int]) -> Sequence[Record]:
        return rows.in_order(await self._records(rows.by_numbers(len(numbers)), *numbers), numbers)

    async def after(self, number: int, limit: int) -> Sequence[Record]:
        return await self._records(rows.AFTER, number, limit)

    async def manifest(self, label: str) -> bytes | None:
        found = await self._rows(rows.MANIFEST, label)
        return bytes(found[0][0]) if found else None

    async def remove_before(self, ms: int, limit: int) -> Sequence[int]:
        def remove(connection: sqlite3.Connection) -> list[int]:
            with _transaction(connection):
                return [int(row[0]) for row in connection.execute(rows.REMOVE, (ms, limit)).fetchall()]

        return await asyncio.to_thread(self._writer.run, remove)

    async def ping(self) -> None:
        await self._rows(rows.PING)

    async def close(self) -> None:
        await asyncio.to_thread(self._reader.close)
        await asyncio.to_thread(self._writer.close)

    async def _records(self, sql: str, *values: Any) -> list[Record]:
        return [rows.record_of(row) for row in await self._rows(sql, *values)]

    async def _rows(self, sql: str, *values: Any) -> list[Any]:
        return await asyncio.to_thread(self._reader.run, lambda found: found.execute(sql, values).fetchall())


class _Connection:
    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self.connection = sqlite3.connect(path, BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode=WAL").fetchone()
        self.connection.execute("PRAGMA synchronous=FULL")

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock, _translated():
            return work(self.connection)

    def close(self) -> None:
        with self._lock:
            self.connection.close()


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
        raise TerminalError(f"the record database refuses this: {type(error).__name__}") from error
    except (sqlite3.Error, OSError) as error:
        name = getattr(error, "sqlite_errorname", "") or type(error).__name__
        raise RetryableError(f"the record database: {name}") from error
