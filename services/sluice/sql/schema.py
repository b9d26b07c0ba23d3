"""The tables that a service keeps, and how they come to be, step by step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sluice.deadline import now_ms
from sluice.errors import NotReadyError
from sluice.sql.script import Script


class Dialect(StrEnum):
    """The databases there are."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


_WORDS: Final[Mapping[Dialect, Mapping[str, str]]] = {
    # Without AUTOINCREMENT a number would be given again once its row is gone.
    Dialect.SQLITE: {"key": "INTEGER PRIMARY KEY AUTOINCREMENT", "bytes": "BLOB", "int64": "INTEGER"},
    Dialect.POSTGRES: {
        "key": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "bytes": "BYTEA",
        "int64": "BIGINT",
    },
}


@dataclass(frozen=True, slots=True)
class Migration:
    """One step. In its statements `{key}`, `{bytes}` and `{int64}` stand for what a database calls them. A step that
    was released is never changed: another one follows it."""

    number: int
    about: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """What is kept, and how errors speak of it."""

    name: str
    """Of the service: begins the names of its tables."""
    setting: str
    """The variable that names the database."""
    words: str
    """For the messages of errors: "the ledger"."""
    lock: int
    """PostgreSQL's advisory lock, under which one process at a time takes the steps; no other service's."""
    migrations: Sequence[Migration]

    def missing(self, applied: Sequence[int]) -> list[Migration]:
        """The steps still to do. Raises NotReadyError for a database that a newer release has been at."""
        known = [each.number for each in self.migrations]
        unknown = sorted(set(applied) - set(known))
        if unknown:
            raise NotReadyError(
                f"{self.setting}: its tables are of a newer release (step {unknown[-1]}; this one knows "
                f"{known[-1]}): run that release"
            )
        return [each for each in self.migrations if each.number not in applied]


def migrate(schema: Schema, dialect: Dialect) -> Script[None]:
    """Brings the tables up to date: all of it, or nothing."""
    table = f"{schema.name}_migrations"
    if dialect is Dialect.POSTGRES:
        yield "SELECT pg_advisory_xact_lock(?)", (schema.lock,)
    yield (
        f"CREATE TABLE IF NOT EXISTS {table} "
        "(number INTEGER PRIMARY KEY, about TEXT NOT NULL, applied_at_ms BIGINT NOT NULL)",
        (),
    )
    applied = [int(row[0]) for row in (yield f"SELECT number FROM {table}", ())]  # noqa: S608 - a name of ours
    for step in schema.missing(applied):
        for statement in step.statements:
            yield statement.format(**_WORDS[dialect]), ()
        note = f"INSERT INTO {table} (number, about, applied_at_ms) VALUES (?, ?, ?)"  # noqa: S608 - a name of ours
        yield note, (step.number, step.about, now_ms())
