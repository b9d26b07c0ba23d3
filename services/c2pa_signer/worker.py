"""From an approved asset to a signed one. Whoever asks, the log decides: no decision, no signature."""

import asyncio
import hashlib
from collections.abc import Sequence

from google.protobuf.message import DecodeError

from c2pa_signer.asset import sign_asset
from c2pa_signer.authorise import authorise
from c2pa_signer.manifest import Facts, Ingredient, Part
from c2pa_signer.settings import Mining
from c2pa_signer.sign import Signed, Signer
from sluice import __version__
from sluice.bus.record import Outgoing, Record
from sluice.bus.tail import LogTail
from sluice.bus.topics import Topic
from sluice.deadline import Deadline, now_ms
from sluice.errors import NotReadyError, PoisonError, RetryableError, TerminalError
from sluice.ids import partition_for
from sluice.objects import ObjectStore, signed_key
from sluice.v1.asset_pb2 import ApprovedAsset, SignedAsset
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_INTERNAL
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision
from sluice.v1.request_pb2 import OPERATION_EDIT, STAGE_OUTPUT, ObjectReference

_LOOK_UP_SECONDS = 10.0
MOST_BYTES = 64 << 20
"""Of a picture that is read to be signed."""
_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/tiff": "tiff",
    "image/avif": "avif",
}


def keep_allowed(record: Record) -> bytes | None:
    """What signing needs of decisions that let an output leave; nothing else is ever looked up."""
    decision = Decision.FromString(record.value)
    if decision.action != ACTION_ALLOW or decision.stage != STAGE_OUTPUT:
        return None
    del decision.inputs[:]
    return decision.SerializeToString()


class SignerRecords:
    """Signs what was allowed, once per request."""

    def __init__(
        self,
        signer: Signer,
        store: ObjectStore,
        decisions: LogTail[bytes],
        signed: LogTail[bytes],
        mining: Mining,
    ) -> None:
        self._signer = signer
        self._store = store
        self._decisions = decisions
        self._signed = signed
        self._mining = mining

    async def handle(self, record: Record) -> Sequence[Outgoing]:
        """One signed asset, or none where the log already has it. TerminalError where nothing may be signed."""
        try:
            approved = ApprovedAsset.FromString(record.value)
        except DecodeError as error:
            raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "not an approved asset") from error
        await self._settle(approved.request_id)
        if self._signed.get(approved.request_id) is not None:
            return ()
        asset = await self.sign(approved.request_id, approved.original, approved)
        key = approved.request_id.encode()
        return (Outgoing(Topic.SIGNED, record.partition, key, asset.SerializeToString(), record.trace()),)

    async def signed_before(self, request_id: str) -> SignedAsset | None:
        """The signed asset of a request, if the log has it."""
        await self._settle(request_id)
        found = self._signed.get(request_id)
        return SignedAsset.FromString(found) if found is not None else None

    async def sign(
        self, request_id: str, original: ObjectReference, approved: ApprovedAsset | None = None
    ) -> SignedAsset:
        """Signs a picture that the request's decision allows. RetryableError, TerminalError."""
        found = self._decisions.get(request_id)
        decision = Decision.FromString(found) if found is not None else None
        authorise(decision, request_id, original.sha256)
        assert decision is not None
        picture = await self._store.get(original, MOST_BYTES)
        facts = Facts(
            request_id=request_id,
            edit=decision.operation == OPERATION_EDIT,
            policy_digest=decision.policy_digest,
            content_digest=decision.content_digest,
            version=__version__,
            pdq=approved.pdq if approved is not None else b"",
            pdq_quality=approved.pdq_quality if approved is not None else 0,
            mining=self._mining,
        )
        uploads = approved.uploads if approved is not None and facts.edit else ()
        try:
            signed = await asyncio.to_thread(self._embed, picture, original.media_type, facts, list(uploads))
        except NotReadyError as error:
            raise RetryableError(str(error)) from error
        key = signed_key(request_id, hashlib.sha256(signed.data).digest(), _EXTENSIONS[original.media_type])
        reference = await self._store.put(key, signed.data, signed.media_type)
        return SignedAsset(
            request_id=request_id,
            signed=reference,
            source_sha256=original.sha256,
            manifest_label=signed.manifest_label,
            certificate_serial=signed.certificate_serial,
            policy_digest=decision.policy_digest,
            signed_at_ms=now_ms(),
        )

    def _embed(self, picture: bytes, media_type: str, facts: Facts, uploads: list[ObjectReference]) -> Signed:
        if media_type not in _EXTENSIONS:
            raise TerminalError(f"not signed: no way to sign {media_type}")
        # Uploads are named, not opened: a stranger's manifest is not parsed beside the key.
        ingredients = [Ingredient(Part.UPLOAD, upload.media_type) for upload in uploads]
        return sign_asset(self._signer, facts, picture, ingredients)

    async def _settle(self, request_id: str) -> None:
        """Reads both logs to their end as it is now, so that "not there" is true."""
        partition = partition_for(request_id, self._decisions.partitions)
        limit = Deadline.after(_LOOK_UP_SECONDS)
        await asyncio.gather(self._decisions.settled(partition, limit), self._signed.settled(partition, limit))
