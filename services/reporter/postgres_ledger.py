"""The ledger in PostgreSQL: for more than one replica."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Self, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from reporter.migrations import APPLIED, MIGRATIONS, NOTE, TABLE, Dialect, Migration, missing
from reporter.scripts import Script
from reporter.sql_ledger import SqlLedger
from sluice.deadline import now_ms
from sluice.errors import NotReadyError, RetryableError, TerminalError

T = TypeVar("T")
CONNECT_SECONDS: Final = 5
STATEMENT_SECONDS: Final = 15
MOST_CONNECTIONS: Final = 4
_MIGRATE_LOCK: Final = 0x736C7563_0003

_HOW: Final[Mapping[str, Any]] = {
    "autocommit": True,
    "connect_timeout": CONNECT_SECONDS,
    "application_name": "sluice-reporter",
}

_Connection = psycopg.AsyncConnection[Any]


class PostgresLedger(SqlLedger):
    """In a database that several processes use at once. Calls share up to four connections."""

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

    async def run(self, script: Script[T]) -> T:
        with _translated():
            async with self._pool.connection() as connection, connection.transaction():
                try:
                    statement, values = next(script)
                    while True:
                        cursor = await connection.execute(_sql(statement), values)
                        statement, values = script.send(await cursor.fetchall() if cursor.description else ())
                except StopIteration as end:
                    result: T = end.value
        return result

    async def close(self) -> None:
        await self._pool.close()


async def _migrate(url: str, migrations: Sequence[Migration]) -> None:
    """Over a connection of its own: a pool would try for a while and not say what is wrong."""
    try:
        connecting = await psycopg.AsyncConnection.connect(url, **_HOW)
    except psycopg.OperationalError as error:
        # libpq's words: server, user and database, never the password.
        raise RetryableError(f"the ledger: {str(error).partition(chr(10))[0]}") from error
    except psycopg.Error as error:
        # These may quote the setting.
        raise NotReadyError(f"SLUICE_REPORTER_DB cannot be used: {type(error).__name__}") from error
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
        raise TerminalError(f"the ledger refuses this: {type(error).__name__}") from error
    except (psycopg.Error, PoolTimeout) as error:
        code = getattr(error, "sqlstate", None)
        raise RetryableError(f"the ledger: {type(error).__name__}{f' {code}' if code else ''}") from error
