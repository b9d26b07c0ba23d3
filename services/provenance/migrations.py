"""How the tables come to be, step by step. A step that was released is never changed: another one follows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sluice.errors import NotReadyError

TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS provenance_migrations "
    "(number INTEGER PRIMARY KEY, about TEXT NOT NULL, applied_at_ms BIGINT NOT NULL)"
)
APPLIED: Final = "SELECT number FROM provenance_migrations ORDER BY number"
NOTE: Final = "INSERT INTO provenance_migrations (number, about, applied_at_ms) VALUES (?, ?, ?)"


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
    # Without AUTOINCREMENT a number is used again once its record is gone, and an index would take one for the other.
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
        "records of signed pictures, with their manifests",
        (
            "CREATE TABLE provenance_records ("
            "number {key}, request_id TEXT NOT NULL, manifest_label TEXT NOT NULL UNIQUE, "
            "certificate_serial TEXT NOT NULL, object_key TEXT NOT NULL, media_type TEXT NOT NULL, "
            "size_bytes {int64} NOT NULL, signed_sha256 {bytes} NOT NULL, source_sha256 {bytes} NOT NULL, "
            "pixels_sha256 {bytes} NOT NULL, quality INTEGER NOT NULL, hashes {bytes} NOT NULL, "
            "watermark {bytes} NOT NULL, policy_digest {bytes} NOT NULL, signed_at_ms {int64} NOT NULL, "
            "binding {bytes} NOT NULL, manifest {bytes} NOT NULL)",
            "CREATE INDEX provenance_by_request ON provenance_records (request_id)",
            "CREATE INDEX provenance_by_serial ON provenance_records (certificate_serial, number)",
            "CREATE INDEX provenance_by_signed ON provenance_records (signed_sha256)",
            "CREATE INDEX provenance_by_source ON provenance_records (source_sha256)",
            "CREATE INDEX provenance_by_pixels ON provenance_records (pixels_sha256)",
            "CREATE INDEX provenance_by_time ON provenance_records (signed_at_ms)",
            "CREATE INDEX provenance_by_watermark ON provenance_records (watermark) WHERE length(watermark) > 0",
            "CREATE INDEX provenance_by_binding ON provenance_records (binding) WHERE length(binding) > 0",
        ),
    ),
)


def missing(applied: Sequence[int], migrations: Sequence[Migration]) -> list[Migration]:
    """The steps still to do. Raises NotReadyError for a database that a newer release has been at."""
    known = [each.number for each in migrations]
    unknown = sorted(set(applied) - set(known))
    if unknown:
        raise NotReadyError(
            f"SLUICE_PROVENANCE_DB: its tables are of a newer release (step {unknown[-1]}; this one knows "
            f"{known[-1]}): run that release"
        )
    return [each for each in migrations if each.number not in applied]
