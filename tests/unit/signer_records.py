"""A signer with everything but Kafka: a real key, a real store in a folder, and logs that are dictionaries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from c2pa_signer.settings import Mining, Uploads
from c2pa_signer.sign import Signer
from c2pa_signer.worker import Kept, SignerRecords
from sluice.bus.record import Outgoing, Record
from sluice.deadline import Deadline
from sluice.hashing import digests
from sluice.media import sniff
from sluice.objects import ObjectStore, original_key
from sluice.telemetry.spans import Spans
from sluice.v1.asset_pb2 import ApprovedAsset, SignedAsset
from sluice.v1.decision_pb2 import ACTION_ALLOW, ContentSummary, Decision
from sluice.v1.request_pb2 import (
    OPERATION_EDIT,
    OPERATION_GENERATE,
    ROLE_GENERATED,
    STAGE_OUTPUT,
    ObjectReference,
)
from tests.unit.build import REQUEST_ID
from tests.unit.signing import signer


class MemoryTail:
    """What a signer asks of a log: it is always read to its end."""

    partitions = 1

    def __init__(self, values: Mapping[str, bytes] | None = None) -> None:
        self.values = dict(values or {})
        self.settled_times = 0

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    async def settled(self, partition: int, deadline: Deadline) -> int:
        self.settled_times += 1
        return len(self.values)


@dataclass
class Stand:
    """A signer's records with their surroundings."""

    records: SignerRecords
    store: ObjectStore
    decisions: MemoryTail
    signed: MemoryTail

    async def keep(self, data: bytes) -> ObjectReference:
        """Stores a picture as ingest does."""
        sha256 = digests(data).sha256
        return await self.store.keep(original_key(sha256), data, sniff(data) or "application/octet-stream")

    async def approve(
        self,
        picture: bytes,
        uploads: Sequence[ObjectReference] = (),
        edit: bool | None = None,
        pdq: bytes = b"q" * 32,
    ) -> Record:
        """Lets a picture leave: its decision is in the log, and this is the record that asks for its signature."""
        original = await self.keep(picture)
        operation = OPERATION_EDIT if (bool(uploads) if edit is None else edit) else OPERATION_GENERATE
        decision = Decision(
            request_id=REQUEST_ID,
            stage=STAGE_OUTPUT,
            action=ACTION_ALLOW,
            operation=operation,
            complete=True,
            policy_digest=b"p" * 32,
            content_digest=b"c" * 32,
            contents=[ContentSummary(role=ROLE_GENERATED, sha256=original.sha256)],
        )
        self.decisions.values[REQUEST_ID] = decision.SerializeToString()
        asset = ApprovedAsset(
            request_id=REQUEST_ID,
            operation=operation,
            original=original,
            uploads=uploads,
            policy_digest=b"p" * 32,
            content_digest=b"c" * 32,
            pdq=pdq,
            pdq_quality=90,
        )
        return Record("assets.approved", 0, 0, REQUEST_ID.encode(), asset.SerializeToString(), 0)

    async def sign(self, picture: bytes, uploads: Sequence[ObjectReference] = ()) -> tuple[SignedAsset, bytes]:
        """From an allowed picture to what the signer publishes, and the signed bytes."""
        (out,) = await self.records.handle(await self.approve(picture, uploads))
        return await self.read(out)

    async def read(self, out: Outgoing) -> tuple[SignedAsset, bytes]:
        asset = SignedAsset.FromString(out.value)
        return asset, await self.store.get(asset.signed, 64 << 20)


def stand(
    folder: Path,
    signing: Signer | None = None,
    mining: Mining = Mining.UNSAID,
    uploads: Uploads = Uploads.CARRY,
    kept: Kept | None = None,
    spans: Spans | None = None,
) -> Stand:
    """A signer in a folder of its own."""
    store = ObjectStore.open((folder / "objects").as_uri())
    decisions, signed = MemoryTail(), MemoryTail()
    logs: list[Any] = [decisions, signed]
    records = SignerRecords(
        signing or signer(folder), store, logs[0], logs[1], mining, uploads=uploads, kept=kept, spans=spans
    )
    return Stand(records, store, decisions, signed)
