"""A database of either kind, and how one is opened."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from sluice.errors import NotReadyError
from sluice.settings import Reader
from sluice.sql.schema import Dialect, Schema
from sluice.sql.script import Row, Script
from sluice.sql.sqlite import SqliteDatabase

T = TypeVar("T")
CONNECTIONS: Final = 4
_POSTGRES: Final = ("postgresql://", "postgres://")


class Database(Protocol):
    """Any number of tasks and processes may use one. RetryableError where it does not answer, which does not tell
    whether it was done; TerminalError for what its tables refuse. Neither quotes a row or an address."""

    @property
    def dialect(self) -> Dialect:
        """Which kind it is."""

    async def run(self, script: Script[T]) -> T:
        """Runs a script to its end, as one transaction that is on the disk then; returns what it returns."""

    async def rows(self, statement: str, *values: Any) -> list[Row]:
        """Asks once, outside of any transaction; changes nothing."""

    async def close(self) -> None:
        """Lets go of it."""


async def open_database(where: str, schema: Schema, connections: int = CONNECTIONS) -> Database:
    """Opens it, and brings its tables up to date.

    `where`: a path, or `postgresql://user@host/database` with what libpq takes beside (`?sslmode=verify-full`);
    `connections`: most of them, for PostgreSQL.

    RetryableError where it does not answer, NotReadyError where a person must see to it.
    """
    if not where.startswith(_POSTGRES):
        return await SqliteDatabase.open(Path(where), schema)
    if find_spec("psycopg") is None or find_spec("psycopg_pool") is None:
        raise NotReadyError(f"{schema.setting} names PostgreSQL: run `pip install 'sluice[postgres]'`")
    # An optional extra: without it this file still imports.
    from sluice.sql.postgres import PostgresDatabase  # noqa: PLC0415 - see above

    return await PostgresDatabase.open(where, schema, connections)


def read_database(reader: Reader, name: str, default: Path) -> str:
    """The setting as `open_database` takes it: `postgresql://...`, or a path, made absolute."""
    where = reader.text(name, str(default))
    return where if where.startswith(_POSTGRES) else str(Path(where).absolute())
