"""Records in PostgreSQL: for more than one replica."""

import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, Self

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from provenance import rows
from provenance.migrations import APPLIED, MIGRATIONS, NOTE, TABLE, Dialect, Migration, missing
from provenance.record import Record
from sluice.deadline import now_ms
from sluice.errors import NotReadyError, RetryableError, TerminalError

CONNECT_SECONDS: Final = 5
STATEMENT_SECONDS: Final = 15
MOST_CONNECTIONS: Final = 8
_MIGRATE_LOCK: Final = 0x736C7563_0001
_WRITE_LOCK: Final = 0x736C7563_0002

_HOW: Final[Mapping[str, Any]] = {
    "autocommit": True,
    "connect_timeout": CONNECT_SECONDS,
    "application_name": "sluice-provenance",
}

_Connection = psycopg.AsyncConnection[Any]


class PostgresRecords:
    """`Records` in a database that several processes use at once. Calls share up to eight connections."""

    def __init__(self, pool: "AsyncConnectionPool[_Connection]") -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str, migrations: Sequence[Migration] = MIGRATIONS) -> Self:
        """Connects, and brings the tables up to date; one process at a time. RetryableError, NotReadyError.

        `url`: `postgresql://user@host/database`, with what libpq takes beside (`?sslmode=verify-full`).
        """
        # What the pool says is said by whoever asked it; its own lines would not be JSON.
        logging.getLogger("psycopg").addHandler(logging.NullHandler())
        await _migrate(url, migrations)
        pool: AsyncConnectionPool[_Connection] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=MOST_CONNECTIONS,
            timeout=CONNECT_SECONDS,
            open=False,
            kwargs=dict(_HOW),
            configure=_configure,
        )
        try:
            with _translated():
                await pool.open(wait=True, timeout=CONNECT_SECONDS)
        except BaseException:
            # Cancelled as well: the pool has threads and sockets of its own.
            await pool.close()
            raise
        return cls(pool)

    async def put(self, record: Record, manifest: bytes) -> int:
        """See `Records`; so it is with all the others."""
        values = rows.values(record, manifest)
        async with self._transaction() as connection:
            # Numbers must appear in rising order: whoever reads on behind the last one would miss a lower one.
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_WRITE_LOCK,))
            found = await (await connection.execute(_sql(rows.INSERT), values)).fetchone()
            if found is None:
                found = await (await connection.execute(_sql(rows.NUMBER), (record.manifest_label,))).fetchone()
        assert found is not None
        return int(found[0])

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
        if not numbers:
            return []
        return rows.in_order(await self._records(rows.by_numbers(len(numbers)), *numbers), numbers)

    async def after(self, number: int, limit: int) -> Sequence[Record]:
        return await self._records(rows.AFTER, number, limit)

    async def manifest(self, label: str) -> bytes | None:
        found = await self._rows(rows.MANIFEST, label)
        return bytes(found[0][0]) if found else None

    async def remove_before(self, ms: int, limit: int) -> Sequence[int]:
        return [int(row[0]) for row in await self._rows(rows.REMOVE, ms, limit)]

    async def ping(self) -> None:
        await self._rows(rows.PING)

    async def close(self) -> None:
        await self._pool.close()

    async def _records(self, sql: str, *values: Any) -> list[Record]:
        return [rows.record_of(row) for row in await self._rows(sql, *values)]

    async def _rows(self, sql: str, *values: Any) -> list[Any]:
        with _translated():
            async with self._pool.connection() as connection:
                return await (await connection.execute(_sql(sql), values)).fetchall()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[_Connection]:
        with _translated():
            async with self._pool.connection() as connection, connection.transaction():
                yield connection


async def _migrate(url: str, migrations: Sequence[Migration]) -> None:
    """Over a connection of its own: a pool would try for a while and not say what is wrong."""
    try:
        connecting = await psycopg.AsyncConnection.connect(url, **_HOW)
    except psycopg.OperationalError as error:
        # libpq's words: server, user and database, never the password.
        raise RetryableError(f"the record database: {str(error).partition(chr(10))[0]}") from error
    except psycopg.Error as error:
        # These may quote the setting.
        raise NotReadyError(f"SLUICE_PROVENANCE_DB cannot be used: {type(error).__name__}") from error
    with _translated():
        async with connecting as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATE_LOCK,))
            await connection.execute(TABLE)
            applied = [int(row[0]) for row in await (await connection.execute(APPLIED)).fetchall()]
            for step in missing(applied, migrations):
                for statement in step.sql(Dialect.POSTGRES):
                    await connection.execute(statement.encode())
                await connection.execute(_sql(NOTE), (step.number, step.about, now_ms()))


async def _configure(connection: _Connection) -> None:
    await connection.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'".encode())


def _sql(statement: str) -> bytes:
    """With the placeholders of psycopg. Bytes, because its types take text for literals alone."""
    return statement.replace("?", "%s").encode()


@contextmanager
def _translated() -> Iterator[None]:
    """Its own messages quote rows and addresses, so they stay behind."""
    try:
        yield
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise TerminalError(f"the record database refuses this: {type(error).__name__}") from error
    except (psycopg.Error, PoolTimeout) as error:
        code = getattr(error, "sqlstate", None)
        raise RetryableError(f"the record database: {type(error).__name__}{f' {code}' if code else ''}") from error
