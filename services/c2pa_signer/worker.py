"""From an approved asset to a signed one. Whoever asks, the log decides: no decision, no signature."""

import asyncio
import contextlib
import functools
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from google.protobuf.message import DecodeError

from c2pa_signer.asset import Made, make_asset
from c2pa_signer.authorise import authorise
from c2pa_signer.manifest import Facts
from c2pa_signer.settings import Mining, Uploads
from c2pa_signer.sign import Signer
from c2pa_signer.uploads import MOST_BYTES, read_uploads, told
from sluice import __version__
from sluice.bus.record import Outgoing, Record
from sluice.bus.tail import LogTail
from sluice.bus.topics import Topic
from sluice.deadline import Deadline, now_ms
from sluice.errors import NotReadyError, PoisonError, RetryableError, TerminalError
from sluice.host.steps import Step
from sluice.ids import partition_for
from sluice.media import EXTENSIONS
from sluice.objects import ObjectStore, signed_key
from sluice.telemetry.spans import NoSpans, Spans, Value
from sluice.v1.asset_pb2 import ApprovedAsset, SignedAsset
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_INTERNAL
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision
from sluice.v1.request_pb2 import OPERATION_EDIT, STAGE_OUTPUT, ObjectReference

_LOOK_UP_SECONDS = 10.0
THREADS = 32
"""That sign at once, at most. Each waits where the key is far away; one that works holds a core."""
Kept = Callable[[str, int, int], Record | None]
"""(request id, partition, when) -> the decision as the log itself has it; `when`: about when it came, the broker's
time, milliseconds since the epoch. Blocks. RetryableError."""
LARGE = 4 << 20
LARGE_AT_ONCE = 4
"""Requests with more bytes of pictures than LARGE. A signature takes some three times as much memory."""


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
        threads: int = THREADS,
        uploads: Uploads = Uploads.CARRY,
        kept: Kept | None = None,
        spans: Spans | None = None,
    ) -> None:
        """`decisions` and `signed`: the newest of each log. `kept`: finds a decision that is not among them, because
        its picture has waited for long. `spans`: who is told how long signing took."""
        self._spans = spans or NoSpans()
        self._signer = signer
        self._store = store
        self._decisions = decisions
        self._signed = signed
        self._mining = mining
        self._uploads = uploads
        self._kept = kept
        # Threads of their own: the event loop has too few to wait for a key that is far away.
        self._threads = ThreadPoolExecutor(threads, "sign")
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def handle(self, record: Record) -> Sequence[Outgoing]:
        """One signed asset, or none where the log already has it. TerminalError where nothing may be signed."""
        try:
            approved = ApprovedAsset.FromString(record.value)
        except DecodeError as error:
            raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "not an approved asset") from error
        await self._settle(approved.request_id)
        if self._signed.get(approved.request_id) is not None:
            return ()
        older = await self._older(record, approved.request_id)
        asset = await self.sign(approved.request_id, approved.original, approved, older)
        key = approved.request_id.encode()
        return (Outgoing(Topic.SIGNED, record.partition, key, asset.SerializeToString(), record.trace()),)

    async def signed_before(self, request_id: str) -> SignedAsset | None:
        """The signed asset of a request, if the log has it."""
        await self._settle(request_id)
        found = self._signed.get(request_id)
        return SignedAsset.FromString(found) if found is not None else None

    async def _older(self, record: Record, request_id: str) -> bytes | None:
        """The decision of a picture that has waited until newer ones took its decision's place in memory."""
        if self._kept is None or self._decisions.get(request_id) is not None:
            return None
        partition = partition_for(request_id, self._decisions.partitions)
        found = await asyncio.to_thread(self._kept, request_id, partition, record.timestamp_ms)
        return keep_allowed(found) if found is not None else None

    def close(self) -> None:
        """What has not begun by now does not begin any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def sign(
        self,
        request_id: str,
        original: ObjectReference,
        approved: ApprovedAsset | None = None,
        older: bytes | None = None,
    ) -> SignedAsset:
        """Signs a picture that the request's decision allows. `older`: the decision, where it is not one of the
        newest. RetryableError, TerminalError."""
        found = self._decisions.get(request_id) or older
        decision = Decision.FromString(found) if found is not None else None
        authorise(decision, request_id, original.sha256)
        assert decision is not None
        if original.media_type not in EXTENSIONS:
            raise TerminalError(f"not signed: no way to sign {original.media_type}")
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
        uploads = list(approved.uploads) if approved is not None and facts.edit else []
        # All of it in one thread: a picture that changes threads costs more than what is done with it there.
        work = functools.partial(self._made, facts, original, uploads)
        size = sum(reference.size_bytes for reference in (original, *uploads))
        about: dict[str, Value] = {"sluice.key_kind": self._signer.key_kind, "sluice.format": original.media_type}
        try:
            with Step(self._spans, "sign", attributes=about | {"sluice.bytes": size}):
                async with self._large if size > LARGE else contextlib.nullcontext():
                    made, reference = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except NotReadyError as error:
            raise RetryableError(str(error)) from error
        return SignedAsset(
            request_id=request_id,
            signed=reference,
            source_sha256=original.sha256,
            manifest_label=made.signed.manifest_label,
            certificate_serial=made.signed.certificate_serial,
            policy_digest=decision.policy_digest,
            signed_at_ms=now_ms(),
            ingredients=[told(ingredient) for ingredient in made.ingredients],
        )

    def _made(
        self, facts: Facts, original: ObjectReference, uploads: Sequence[ObjectReference]
    ) -> tuple[Made, ObjectReference]:
        """The signed picture, and where it lies now."""
        ingredients = read_uploads(self._store, uploads, self._uploads)
        picture = self._store.get_now(original, MOST_BYTES)
        made = make_asset(self._signer, facts, picture, ingredients)
        data, media_type = made.signed.data, made.signed.media_type
        sha256 = hashlib.sha256(data).digest()
        key = signed_key(facts.request_id, sha256, EXTENSIONS[media_type])
        return made, self._store.put_now(key, data, media_type, sha256)

    async def _settle(self, request_id: str) -> None:
        """Reads both logs to their end as it is now, so that "not there" is true."""
        partition = partition_for(request_id, self._decisions.partitions)
        limit = Deadline.after(_LOOK_UP_SECONDS)
        await asyncio.gather(self._decisions.settled(partition, limit), self._signed.settled(partition, limit))
