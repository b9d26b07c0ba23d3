"""Opens the ledger that a setting names."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from reporter.ledger import Ledger
from reporter.sqlite_ledger import SqliteLedger
from sluice.errors import NotReadyError

POSTGRES: Final = ("postgresql://", "postgres://")


async def open_ledger(where: str) -> Ledger:
    """`where`: a path, or `postgresql://...`. RetryableError where it does not answer, NotReadyError where a person
    must see to it."""
    if not where.startswith(POSTGRES):
        return await SqliteLedger.open(Path(where))
    if find_spec("psycopg") is None or find_spec("psycopg_pool") is None:
        raise NotReadyError("SLUICE_REPORTER_DB names PostgreSQL: run `pip install 'sluice[postgres]'`")
    # An optional extra: without it the file still imports.
    from reporter.postgres_ledger import PostgresLedger  # noqa: PLC0415 - see above

    return await PostgresLedger.open(where)
