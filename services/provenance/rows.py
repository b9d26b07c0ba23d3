"""Records as rows: what both databases are asked, in the SQL that both of them speak."""

# ruff: noqa: S608 - what is put into these statements are names of ours; values are bound
from collections.abc import Sequence
from typing import Any, Final

from provenance.record import Record

MOST: Final = 100
"""Records that one look-up gives."""
PDQ_BYTES: Final = 32

_COLUMNS: Final = (
    "request_id", "manifest_label", "certificate_serial", "object_key", "media_type", "size_bytes", "signed_sha256",
    "source_sha256", "pixels_sha256", "quality", "hashes", "watermark", "policy_digest", "signed_at_ms", "binding",
)  # fmt: skip
_ALL: Final = f"number, {', '.join(_COLUMNS)}"

INSERT: Final = (
    f"INSERT INTO provenance_records ({', '.join(_COLUMNS)}, manifest) "
    f"VALUES ({', '.join('?' * (len(_COLUMNS) + 1))}) "
    "ON CONFLICT (manifest_label) DO NOTHING RETURNING number"
)
NUMBER: Final = "SELECT number FROM provenance_records WHERE manifest_label = ?"
MANIFEST: Final = "SELECT manifest FROM provenance_records WHERE manifest_label = ?"
AFTER: Final = f"SELECT {_ALL} FROM provenance_records WHERE number > ? ORDER BY number LIMIT ?"
BY_SERIAL: Final = (
    f"SELECT {_ALL} FROM provenance_records WHERE certificate_serial = ? AND number > ? ORDER BY number LIMIT ?"
)
REMOVE: Final = (
    "DELETE FROM provenance_records WHERE number IN "
    "(SELECT number FROM provenance_records WHERE signed_at_ms < ? ORDER BY signed_at_ms LIMIT ?) RETURNING number"
)
PING: Final = "SELECT 1 FROM provenance_records LIMIT 1"


def _found_by(condition: str) -> str:
    return f"SELECT {_ALL} FROM provenance_records WHERE {condition} ORDER BY number LIMIT {MOST}"


BY_LABEL: Final = _found_by("manifest_label = ?")
BY_DIGEST: Final = _found_by("(signed_sha256 = ? OR source_sha256 = ?)")
BY_PIXELS: Final = _found_by("pixels_sha256 = ?")
# The partial indexes are used only by who says the same condition.
BY_WATERMARK: Final = _found_by("watermark = ? AND length(watermark) > 0")
BY_BINDING: Final = _found_by("binding = ? AND length(binding) > 0")


def by_numbers(count: int) -> str:
    """For so many numbers."""
    return f"SELECT {_ALL} FROM provenance_records WHERE number IN ({', '.join('?' * count)})"


def values(record: Record, manifest: bytes) -> tuple[Any, ...]:
    """What `INSERT` is given. Raises ValueError for hashes that are not 32 bytes each."""
    if any(len(each) != PDQ_BYTES for each in record.hashes):
        raise ValueError("a PDQ hash has 32 bytes")
    joined = b"".join(record.hashes)
    row = {name: getattr(record, name) for name in _COLUMNS} | {"hashes": joined}
    return (*row.values(), manifest)


def record_of(row: Sequence[Any]) -> Record:
    """A record from a row."""
    number, *rest = row
    found = dict(zip(_COLUMNS, rest, strict=True))
    joined = bytes(found.pop("hashes"))
    hashes = tuple(joined[at : at + PDQ_BYTES] for at in range(0, len(joined), PDQ_BYTES))
    return Record(number=number, hashes=hashes, **found)


def in_order(records: Sequence[Record], numbers: Sequence[int]) -> list[Record]:
    """The records in the order of these numbers."""
    found = {record.number: record for record in records}
    return [found[number] for number in numbers if number in found]
