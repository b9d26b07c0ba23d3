"""What is kept of a signed picture, and what a store of such records can be asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

PDQ_ALGORITHM: Final = "io.sluice.pdq.1"
"""The soft binding that the signer writes: PDQ of the picture that was allowed, 64 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Record:
    """One signed picture. It holds no account, no prompt and no pixels."""

    number: int
    """Given by the store, from 1 and rising; 0 before that."""
    request_id: str
    manifest_label: str
    """Of the active manifest, `urn:c2pa:...`. No two records share one."""
    certificate_serial: str
    """Hexadecimal, lower case."""
    object_key: str
    """Of the signed picture in our object store."""
    media_type: str
    size_bytes: int
    signed_sha256: bytes
    """Of the signed picture's bytes; 32 bytes, as all the digests here."""
    source_sha256: bytes
    """Of the bytes that were allowed."""
    pixels_sha256: bytes
    """As `provenance.fingerprint` counts it: over the size and the decoded pixels; empty where they could not
    be read."""
    quality: int
    """Of the PDQ hash, 0..100."""
    hashes: tuple[bytes, ...]
    """PDQ of the canonical picture, 32 bytes each, in the order of `provenance.fingerprint.VARIANTS`; empty where the
    picture is too flat for a hash to mean anything."""
    watermark: bytes
    """8 bytes, or empty where the picture carries none."""
    policy_digest: bytes
    signed_at_ms: int
    """Milliseconds since the epoch, UTC."""
    binding: bytes = b""
    """What the manifest's soft binding says: PDQ of the picture that was allowed, 32 bytes, or empty."""


class Records(Protocol):
    """A store of records. Any number of processes may use one; every method may raise RetryableError."""

    async def put(self, record: Record, manifest: bytes) -> int:
        """Keeps a record with its manifest store (JUMBF); returns its number. `record.number` is ignored.

        A record whose manifest label is there already changes nothing: the answer is the number it has.
        """

    async def by_label(self, label: str) -> Sequence[Record]:
        """The record of a manifest; none or one."""

    async def by_digest(self, sha256: bytes) -> Sequence[Record]:
        """Records whose signed or source bytes have this SHA-256, the first made first; at most 100."""

    async def by_pixels(self, sha256: bytes) -> Sequence[Record]:
        """Records whose pixels have this digest, the first made first; at most 100."""

    async def by_watermark(self, watermark: bytes) -> Sequence[Record]:
        """Records that carry this watermark, the first made first; at most 100."""

    async def by_binding(self, binding: bytes) -> Sequence[Record]:
        """Records whose manifest's soft binding says exactly this, the first made first; at most 100."""

    async def by_serial(self, serial: str, after: int, limit: int) -> Sequence[Record]:
        """Records that a certificate signed, in the order of their numbers, those above `after`."""

    async def by_numbers(self, numbers: Sequence[int]) -> Sequence[Record]:
        """The records with these numbers, in the order asked for; those that are gone are left out."""

    async def after(self, number: int, limit: int) -> Sequence[Record]:
        """The next records above a number, in the order of their numbers: for building an index."""

    async def manifest(self, label: str) -> bytes | None:
        """The manifest store that was kept under a label, or None."""

    async def places(self, keys: Collection[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
        """Of these partitions, topic and number, the offset to read next; see `sluice.bus.places`."""

    async def keep_places(self, places: Mapping[tuple[str, int], int]) -> None:
        """All pictures below these offsets are here, or never will be."""

    async def ping(self) -> None:
        """Returns where the store answers. RetryableError."""

    async def close(self) -> None:
        """Lets go of it."""

    async def remove_before(self, ms: int, limit: int) -> Sequence[int]:
        """Removes up to `limit` records signed before this time, the oldest first; returns their numbers."""
