"""What the service is told."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sluice.local.certificates import certs_folder
from sluice.settings import Reader
from sluice.sql.database import read_database

HTTP: Final = "SLUICE_PROVENANCE_HTTP"
MOST_PICTURE_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class ProvenanceSettings:
    """`database`: a path or `postgresql://...`; `http`: host:port of the Soft Binding API, or empty; `keep_days`: 0
    for ever; `anchors`: files of certificates whom to trust, `stamp_anchors` with timestamps alone;
    `max_image_bytes`: of a picture that somebody asks about."""

    database: str
    http: str
    keep_days: int
    anchors: tuple[Path, ...]
    stamp_anchors: tuple[Path, ...]
    max_image_bytes: int
    watermark_keys: tuple[Path, ...]
    """Files with the keys of watermarks that pictures carry; none: they carry none."""


def read_provenance_settings(reader: Reader, home: Path) -> ProvenanceSettings:
    """SLUICE_PROVENANCE_DB, SLUICE_PROVENANCE_HTTP, SLUICE_PROVENANCE_KEEP_DAYS, SLUICE_MAX_IMAGE_BYTES,
    SLUICE_WATERMARK_KEYS, and whom to trust: SLUICE_C2PA_ANCHORS and
    SLUICE_C2PA_STAMP_ANCHORS, by default root.pem and, if it is there, stamp-roots.pem in SLUICE_C2PA_CERTS.

    The caller calls `reader.finish()`."""
    certs = reader.path("SLUICE_C2PA_CERTS", certs_folder(home))
    stamps = certs / "stamp-roots.pem"
    return ProvenanceSettings(
        database=read_database(reader, "SLUICE_PROVENANCE_DB", home / "provenance.db"),
        http=reader.address(HTTP),
        keep_days=reader.number("SLUICE_PROVENANCE_KEEP_DAYS", 0, least=0, most=36_500),
        anchors=_paths(reader, "SLUICE_C2PA_ANCHORS") or (certs / "root.pem",),
        stamp_anchors=_paths(reader, "SLUICE_C2PA_STAMP_ANCHORS") or ((stamps,) if stamps.exists() else ()),
        watermark_keys=_paths(reader, "SLUICE_WATERMARK_KEYS"),
        max_image_bytes=reader.number("SLUICE_MAX_IMAGE_BYTES", 20 << 20, most=MOST_PICTURE_BYTES),
    )


def _paths(reader: Reader, name: str) -> tuple[Path, ...]:
    return tuple(Path(word).absolute() for word in reader.words(name))
