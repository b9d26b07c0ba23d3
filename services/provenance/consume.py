"""From a signed asset of the log to a record of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import DecodeError

from provenance.embedded import manifest_store
from provenance.jumbf import manifest_labels, soft_binding
from provenance.record import PDQ_ALGORITHM, Record, Records
from sluice.bus.record import Outgoing
from sluice.bus.record import Record as LogRecord
from sluice.errors import PoisonError
from sluice.host.steps import Step
from sluice.ids import parse_request_id
from sluice.objects import NotFoundError, ObjectStore
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.spans import NoSpans, Spans
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_INTERNAL

MOST_BYTES: Final = 64 << 20
"""Of a signed picture that is read; what the signer signs is smaller."""
WAITS: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between looks for a picture that is not there: a store that copies to another place may be late."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a record takes from the picture itself; see `Record`."""

    pixels_sha256: bytes
    quality: int
    hashes: tuple[bytes, ...]
    watermark: bytes = b""


See = Callable[[bytes], Awaitable[Seen]]
"""Looks at a picture of ours. RetryableError, TerminalError."""


class SignedRecords:
    """Writes one record for each signed asset."""

    def __init__(
        self,
        store: ObjectStore,
        records: Records,
        see: See,
        metrics: Metrics,
        waits: Sequence[float] = WAITS,
        spans: Spans | None = None,
    ) -> None:
        """`spans`: who is told how long looking at a picture and recording it took."""
        self._spans = spans or NoSpans()
        self._store = store
        self._records = records
        self._see = see
        self._metrics = metrics
        self._waits = waits
        for outcome in ("written", "known"):
            self._count(outcome, by=0.0)

    async def handle(self, record: LogRecord) -> Sequence[Outgoing]:
        """Returns when the record is kept; nothing is published.

        RetryableError where the store or the database does not answer. Any other error of ours makes a dead letter:
        what is no signed asset, a picture that is not there or not as the asset says.
        """
        asset = _asset(record.value)
        if await self._records.by_label(asset.manifest_label):
            self._count("known")
            return ()
        picture = await self._picture(asset)
        manifest = manifest_store(picture)
        if manifest_labels(manifest)[-1] != asset.manifest_label:
            raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "the picture carries another manifest than the asset says")
        with Step(self._spans, "look", attributes={"sluice.bytes": len(picture)}):
            seen = await self._see(picture)
        with Step(self._spans, "record"):
            await self._records.put(self._made(asset, seen, soft_binding(manifest, PDQ_ALGORITHM)), manifest)
        self._count("written")
        return ()

    async def _picture(self, asset: SignedAsset) -> bytes:
        for wait in self._waits:
            try:
                return await self._store.get(asset.signed, MOST_BYTES)
            except NotFoundError:
                await asyncio.sleep(wait)
        return await self._store.get(asset.signed, MOST_BYTES)

    def _made(self, asset: SignedAsset, seen: Seen, binding: bytes) -> Record:
        return Record(
            number=0,
            request_id=asset.request_id,
            manifest_label=asset.manifest_label,
            certificate_serial=asset.certificate_serial,
            object_key=self._store.key(asset.signed.uri),
            media_type=asset.signed.media_type,
            size_bytes=asset.signed.size_bytes,
            signed_sha256=asset.signed.sha256,
            source_sha256=asset.source_sha256,
            pixels_sha256=seen.pixels_sha256,
            quality=seen.quality,
            hashes=seen.hashes,
            watermark=seen.watermark,
            policy_digest=asset.policy_digest,
            signed_at_ms=asset.signed_at_ms,
            binding=binding,
        )

    def _count(self, outcome: str, by: float = 1.0) -> None:
        about = "Signed assets read from the log, by whether a record was written or was there."
        self._metrics.count("provenance_assets", about, {"outcome": outcome}, by)


def _asset(value: bytes) -> SignedAsset:
    try:
        asset = SignedAsset.FromString(value)
    except DecodeError as error:
        raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "not a signed asset") from error
    if parse_request_id(asset.request_id) is None or not asset.manifest_label or not asset.certificate_serial:
        raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "a signed asset without a request id, manifest or certificate")
    return asset
