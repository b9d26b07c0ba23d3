"""The tables of records."""

from typing import Final

from sluice.sql.places import PlaceTable
from sluice.sql.schema import Migration, Schema

PLACES: Final = PlaceTable("provenance_places")

_MIGRATIONS: Final = (
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
    Migration(2, "how far the log of signed pictures is written down", (PLACES.create,)),
)

RECORDS: Final = Schema("provenance", "SLUICE_PROVENANCE_DB", "the record database", 0x736C7563_0001, _MIGRATIONS)
