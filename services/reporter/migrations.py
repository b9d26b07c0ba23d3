"""How the tables come to be, step by step. A step that was released is never changed: another one follows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sluice.errors import NotReadyError

TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS reporter_migrations "
    "(number INTEGER PRIMARY KEY, about TEXT NOT NULL, applied_at_ms BIGINT NOT NULL)"
)
APPLIED: Final = "SELECT number FROM reporter_migrations ORDER BY number"
NOTE: Final = "INSERT INTO reporter_migrations (number, about, applied_at_ms) VALUES (?, ?, ?)"


class Dialect(StrEnum):
    """The databases there are."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step. In its statements `{key}`, `{bytes}` and `{int64}` stand for what a database calls them."""

    number: int
    about: str
    statements: tuple[str, ...]

    def sql(self, dialect: Dialect) -> list[str]:
        """The statements as this database wants them."""
        return [statement.format(**_WORDS[dialect]) for statement in self.statements]


_WORDS: Final = {
    # Without AUTOINCREMENT a number would be given again once its row is gone.
    Dialect.SQLITE: {"key": "INTEGER PRIMARY KEY AUTOINCREMENT", "bytes": "BLOB", "int64": "INTEGER"},
    Dialect.POSTGRES: {
        "key": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "bytes": "BYTEA",
        "int64": "BIGINT",
    },
}

MIGRATIONS: Final[Sequence[Migration]] = (
    Migration(
        1,
        "incidents, reports, and events to be published",
        (
            "CREATE TABLE reporter_incidents ("
            "id TEXT PRIMARY KEY, tenant TEXT NOT NULL, account_id TEXT NOT NULL, test INTEGER NOT NULL, "
            "message {bytes} NOT NULL, seen_at_ms {int64} NOT NULL, standing TEXT NOT NULL, evidence TEXT NOT NULL, "
            "purged INTEGER NOT NULL, dated INTEGER NOT NULL, confirmed_at_ms {int64} NOT NULL, "
            "report {int64} NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL, problem TEXT NOT NULL, "
            "tries INTEGER NOT NULL, due_ms {int64} NOT NULL, version {int64} NOT NULL)",
            "CREATE INDEX reporter_incidents_due ON reporter_incidents (due_ms)",
            "CREATE INDEX reporter_incidents_standing ON reporter_incidents (standing, seen_at_ms)",
            "CREATE INDEX reporter_incidents_account ON reporter_incidents (tenant, account_id, standing)",
            "CREATE INDEX reporter_incidents_report ON reporter_incidents (report)",
            "CREATE TABLE reporter_reports ("
            "number {key}, tenant TEXT NOT NULL, account_id TEXT NOT NULL, test INTEGER NOT NULL, "
            "members TEXT NOT NULL, files TEXT NOT NULL, begun_at_ms {int64} NOT NULL, phase TEXT NOT NULL, "
            "report_id TEXT NOT NULL, opened_at_ms {int64} NOT NULL, touched_at_ms {int64} NOT NULL, "
            "finished_at_ms {int64} NOT NULL, attempts INTEGER NOT NULL, code {int64} NOT NULL, "
            "problem TEXT NOT NULL, tries INTEGER NOT NULL, due_ms {int64} NOT NULL, version {int64} NOT NULL)",
            "CREATE INDEX reporter_reports_due ON reporter_reports (due_ms)",
            "CREATE INDEX reporter_reports_account ON reporter_reports (tenant, account_id)",
            "CREATE TABLE reporter_outbox ("
            "number {key}, id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, key {bytes} NOT NULL, "
            "value {bytes} NOT NULL, published INTEGER NOT NULL)",
            "CREATE INDEX reporter_outbox_open ON reporter_outbox (number) WHERE published = 0",
        ),
    ),
)


def missing(applied: Sequence[int], migrations: Sequence[Migration]) -> list[Migration]:
    """The steps still to do. Raises NotReadyError for a database that a newer release has been at."""
    known = [each.number for each in migrations]
    unknown = sorted(set(applied) - set(known))
    if unknown:
        raise NotReadyError(
            f"SLUICE_REPORTER_DB: its tables are of a newer release (step {unknown[-1]}; this one knows "
            f"{known[-1]}): run that release"
        )
    return [each for each in migrations if each.number not in applied]
