"""Opens the ledger that a setting names."""

from reporter.ledger import Ledger
from reporter.migrations import LEDGER
from reporter.sql_ledger import SqlLedger
from sluice.sql.database import open_database
from sluice.sql.schema import Schema


async def open_ledger(where: str, schema: Schema = LEDGER) -> Ledger:
    """`where`: a path, or `postgresql://...`. RetryableError where it does not answer, NotReadyError where a person
    must see to it."""
    return SqlLedger(await open_database(where, schema))
