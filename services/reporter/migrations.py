"""The ledger's tables."""

from typing import Final

from sluice.sql.places import PlaceTable
from sluice.sql.schema import Migration, Schema

PLACES: Final = PlaceTable("reporter_places")

_MIGRATIONS: Final = (
    Migration(
        1,
        "incidents, reports, and events to be published",
        (
            "CREATE TABLE reporter_incidents ("
            "id TEXT PRIMARY KEY, tenant {bytes} NOT NULL, account_id {bytes} NOT NULL, test INTEGER NOT NULL, "
            "message {bytes} NOT NULL, seen_at_ms {int64} NOT NULL, standing TEXT NOT NULL, evidence TEXT NOT NULL, "
            "purged INTEGER NOT NULL, dated INTEGER NOT NULL, confirmed_at_ms {int64} NOT NULL, "
            "ripe_at_ms {int64} NOT NULL, report {int64} NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL, "
            "viewed INTEGER NOT NULL, asked TEXT NOT NULL, said TEXT NOT NULL, problem TEXT NOT NULL, "
            "tries INTEGER NOT NULL, due_ms {int64} NOT NULL, version {int64} NOT NULL)",
            "CREATE INDEX reporter_incidents_due ON reporter_incidents (due_ms)",
            "CREATE INDEX reporter_incidents_standing ON reporter_incidents (standing, seen_at_ms)",
            "CREATE INDEX reporter_incidents_account ON reporter_incidents (tenant, account_id, standing)",
            "CREATE INDEX reporter_incidents_report ON reporter_incidents (report)",
            "CREATE TABLE reporter_reports ("
            "number {key}, tenant {bytes} NOT NULL, account_id {bytes} NOT NULL, test INTEGER NOT NULL, "
            "members TEXT NOT NULL, files TEXT NOT NULL, begun_at_ms {int64} NOT NULL, phase TEXT NOT NULL, "
            "report_id TEXT NOT NULL, opened_at_ms {int64} NOT NULL, touched_at_ms {int64} NOT NULL, "
            "finished_at_ms {int64} NOT NULL, attempts INTEGER NOT NULL, spoiled INTEGER NOT NULL, "
            "endpoint TEXT NOT NULL, moved INTEGER NOT NULL, "
            "leaving TEXT NOT NULL, code {int64} NOT NULL, "
            "problem TEXT NOT NULL, tries INTEGER NOT NULL, due_ms {int64} NOT NULL, version {int64} NOT NULL)",
            "CREATE INDEX reporter_reports_due ON reporter_reports (due_ms)",
            "CREATE INDEX reporter_reports_account ON reporter_reports (tenant, account_id)",
            "CREATE TABLE reporter_outbox ("
            "number {key}, id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, key {bytes} NOT NULL, "
            "value {bytes} NOT NULL, published INTEGER NOT NULL)",
            "CREATE INDEX reporter_outbox_open ON reporter_outbox (number) WHERE published = 0",
            PLACES.create,
        ),
    ),
)

LEDGER: Final = Schema("reporter", "SLUICE_REPORTER_DB", "the ledger", 0x736C7563_0003, _MIGRATIONS)
