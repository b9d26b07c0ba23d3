"""Opens the database that a setting names."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from provenance.record import Records
from provenance.sqlite_records import SqliteRecords
from sluice.errors import NotReadyError

POSTGRES: Final = ("postgresql://", "postgres://")


async def open_records(where: str) -> Records:
    """`where`: a path, or `postgresql://...`. RetryableError where it does not answer, NotReadyError where a person
    must see to it."""
    if not where.startswith(POSTGRES):
        return await SqliteRecords.open(Path(where))
    if find_spec("psycopg") is None or find_spec("psycopg_pool") is None:
        raise NotReadyError("SLUICE_PROVENANCE_DB names PostgreSQL: run `pip install 'sluice[postgres]'`")
    # An optional extra: without it the file still imports.
    from provenance.postgres_records import PostgresRecords  # noqa: PLC0415 - see above

    return await PostgresRecords.open(where)
