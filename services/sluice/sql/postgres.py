"""PostgreSQL: for more than one replica."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Self, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from sluice.errors import NotReadyError, RetryableError, TerminalError
from sluice.sql.schema import Dialect, Schema, migrate
from sluice.sql.script import Row, Script

T = TypeVar("T")
CONNECT_SECONDS: Final = 5
STATEMENT_SECONDS: Final = 15

_Connection = psycopg.AsyncConnection[Any]


class PostgresDatabase:
    """A `Database` that several processes use at once. Calls share a few connections."""

    def __init__(self, pool: "AsyncConnectionPool[_Connection]", words: str) -> None:
        self._pool = pool
        self._words = words

    @classmethod
    async def open(cls, url: str, schema: Schema, connections: int) -> Self:
        """Connects, and brings the tables up to date; one process at a time. RetryableError, NotReadyError."""
        # What the pool says is said by whoever asked it; its own lines would not be JSON.
        logging.getLogger("psycopg").addHandler(logging.NullHandler())
        how: Mapping[str, Any] = {
            "autocommit": True,
            "connect_timeout": CONNECT_SECONDS,
            "application_name": f"sluice-{schema.name}",
        }
        await _prepare(url, schema, how)
        pool: AsyncConnectionPool[_Connection] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=connections,
            timeout=CONNECT_SECONDS,
            open=False,
            kwargs=dict(how),
            configure=_configure,
        )
        try:
            with _translated(schema.words):
                await pool.open(wait=True, timeout=CONNECT_SECONDS)
        except BaseException:
            # Cancelled as well: the pool has threads and sockets of its own.
            await pool.close()
            raise
        return cls(pool, schema.words)

    @property
    def dialect(self) -> Dialect:
        return Dialect.POSTGRES

    async def run(self, script: Script[T]) -> T:
        with _translated(self._words):
            async with self._pool.connection() as connection:
                return await _run(connection, script)

    async def rows(self, statement: str, *values: Any) -> list[Row]:
        with _translated(self._words):
            async with self._pool.connection() as connection:
                return await (await _execute(connection, statement, values)).fetchall()

    async def close(self) -> None:
        await self._pool.close()


async def _prepare(url: str, schema: Schema, how: Mapping[str, Any]) -> None:
    """Over a connection of its own: a pool would try for a while and not say what is wrong."""
    try:
        connecting = await psycopg.AsyncConnection.connect(url, **how)
    except psycopg.OperationalError as error:
        # libpq's words: server, user and database, never the password.
        raise RetryableError(f"{schema.words}: {str(error).partition(chr(10))[0]}") from error
    except psycopg.Error as error:
        # These may quote the setting.
        raise NotReadyError(f"{schema.setting} cannot be used: {type(error).__name__}") from error
    with _translated(schema.words):
        async with connecting as connection:
            await _run(connection, migrate(schema, Dialect.POSTGRES))


async def _run(connection: _Connection, script: Script[T]) -> T:
    async with connection.transaction():
        try:
            statement, values = next(script)
            while True:
                cursor = await _execute(connection, statement, values)
                statement, values = script.send(await cursor.fetchall() if cursor.description else ())
        except StopIteration as end:
            result: T = end.value
    return result


async def _execute(connection: _Connection, statement: str, values: Sequence[Any]) -> "psycopg.AsyncCursor[Any]":
    """With the placeholders of psycopg. Bytes, because its types take text for literals alone."""
    return await connection.execute(statement.replace("?", "%s").encode(), values)


async def _configure(connection: _Connection) -> None:
    await connection.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'".encode())


@contextmanager
def _translated(words: str) -> Iterator[None]:
    """Its own messages quote rows and addresses, so they stay behind."""
    try:
        yield
    except (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded) as error:
        # The last: a key that is longer than an index takes is so the next time, too.
        raise TerminalError(f"{words} refuses this: {type(error).__name__}") from error
    except (psycopg.Error, PoolTimeout) as error:
        code = getattr(error, "sqlstate", None)
        raise RetryableError(f"{words}: {type(error).__name__}{f' {code}' if code else ''}") from error
