"""Opens the database that a setting names."""

from typing import Final

from provenance.migrations import RECORDS
from provenance.record import Records
from provenance.sql_records import SqlRecords
from sluice.sql.database import open_database
from sluice.sql.schema import Schema

CONNECTIONS: Final = 8


async def open_records(where: str, schema: Schema = RECORDS) -> Records:
    """`where`: a path, or `postgresql://...`. RetryableError where it does not answer, NotReadyError where a person
    must see to it."""
    return SqlRecords(await open_database(where, schema, CONNECTIONS))
