"""Makes prepared contents of what a request holds: reads it, digests it, stores it. Strangers' bytes enter here.

A content that cannot be read is an answer, not an error: it comes back with its reason and ends its request.
"""

import asyncio
import hashlib

from ingest.decoder.answer import Reading, Refusal
from ingest.decoder.pool import DecoderPool
from ingest.fetch.fetcher import Fetcher
from ingest.settings import IngestSettings
from ingest.texts import read_text
from ingest.turns import URGENT, Turns, Urgency
from ingest.unreadable import UnreadableContentError
from ingest.validate import role_fits
from sluice.check import Picture
from sluice.contract.digests import body_sha256
from sluice.hashing import ByteDigests, digests
from sluice.host.steps import Step
from sluice.objects import (
    DigestMismatchError,
    ForbiddenUriError,
    NotFoundError,
    ObjectStore,
    TooLargeError,
    original_key,
    rendition_key,
)
from sluice.telemetry.spans import NoSpans, Spans, Value
from sluice.v1.contents_pb2 import (
    UNPROCESSABLE_DIGEST_MISMATCH,
    UNPROCESSABLE_EMPTY,
    UNPROCESSABLE_FORBIDDEN_URI,
    UNPROCESSABLE_NOT_FOUND,
    UNPROCESSABLE_TOO_LARGE,
    UNPROCESSABLE_TOO_LARGE_INLINE,
    UNPROCESSABLE_TYPE_MISMATCH,
    ImageDigests,
    PreparedContent,
    PreparedImage,
    Rendition,
    Unprocessable,
)
from sluice.v1.request_pb2 import Content, ObjectReference, Request, Role

TEXT = "text/plain"

_JPEG = "image/jpeg"
_UNKNOWN = "application/octet-stream"
_SHA256_BYTES = 32
_FETCH_ERRORS = {
    ForbiddenUriError: UNPROCESSABLE_FORBIDDEN_URI,
    TooLargeError: UNPROCESSABLE_TOO_LARGE,
    NotFoundError: UNPROCESSABLE_NOT_FOUND,
    DigestMismatchError: UNPROCESSABLE_DIGEST_MISMATCH,
}


class Preparer:
    """Prepares contents, several at once. Every method raises RetryableError (store or decoder) and nothing else."""

    def __init__(
        self,
        store: ObjectStore,
        pool: DecoderPool,
        settings: IngestSettings,
        fetcher: Fetcher | None = None,
        spans: Spans | None = None,
    ) -> None:
        """`fetcher`: by default, one by the settings. `spans`: who is told how long pictures took."""
        self._spans = spans or NoSpans()
        self._store = store
        self._pool = pool
        self._settings = settings
        # Pictures in memory at once: those being decoded, and one more that is on its way in or out.
        self._turns = Turns(settings.decoders + 1)
        self._fetcher = Fetcher(settings.fetch) if fetcher is None else fetcher
        # Fetches have turns of their own: a slow host keeps no picture of others from being read.
        self._fetches = Turns(settings.fetch.at_once)

    async def prepare_request(self, request: Request, urgency: Urgency = URGENT) -> list[PreparedContent]:
        """Every content of a request, in its order, each with its further views behind it. If one raises, the others
        are given up.

        RetryableError, too, where the deadline passed before there was a turn to read it.
        """
        tasks = [
            asyncio.ensure_future(self.prepare_content(content, index, urgency))
            for index, content in enumerate(request.contents)
        ]
        try:
            return [content for found in await asyncio.gather(*tasks) for content in found]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def prepare_content(self, content: Content, index: int, urgency: Urgency = URGENT) -> list[PreparedContent]:
        """One content of a request, whose id is "c" and `index`, and its further views."""
        content_id = f"c{index}"
        match content.WhichOneof("body"):
            case "text":
                return [await self.prepare_text(content.text, content.role, content_id)]
            case "image" if len(content.image) <= self._settings.inline_limit:
                return await self.prepare_image(content.image, content.role, content_id, urgency=urgency)
            case "image":
                detail = f"{len(content.image)} bytes inline, at most {self._settings.inline_limit} are taken"
                failed = UnreadableContentError(UNPROCESSABLE_TOO_LARGE_INLINE, detail)
            case "reference":
                return await self._prepare_reference(content.reference, content.role, content_id, urgency)
            case _:
                failed = UnreadableContentError(UNPROCESSABLE_EMPTY, "no body")
        return [_unreadable(content_id, content.role, body_sha256(content), failed)]

    async def prepare_text(self, text: str | bytes, role: Role.ValueType, content_id: str = "c0") -> PreparedContent:
        """A text: as it is, or its UTF-8 bytes."""
        # A str can hold halves of surrogate pairs; their bytes are not UTF-8 and are refused like any others.
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        sha256 = hashlib.sha256(data).digest()
        try:
            body = read_text(data, self._settings.max_text_bytes)
        except UnreadableContentError as error:
            return _unreadable(content_id, role, sha256, error)
        return PreparedContent(id=content_id, role=role, sha256=sha256, text=body)

    async def prepare_image(
        self,
        data: bytes,
        role: Role.ValueType,
        content_id: str = "c0",
        declared: str = "",
        urgency: Urgency = URGENT,
    ) -> list[PreparedContent]:
        """A picture and its further views; stores the original and its renditions.

        `declared`: its media type as sent, or empty.
        """
        async with self._turns.take(urgency):
            return await self._prepare_image(data, role, content_id, declared)

    async def prepare_upload(
        self, data: bytes, role: Role.ValueType, media_type: str
    ) -> tuple[ObjectReference | None, list[PreparedContent]]:
        """What `Ingest.Prepare` answers: the reference of the stored original, None where it is not kept; the content
        and its further views.

        A picture that cannot be read is kept as it came, unless it is too large: a request that names it is then
        refused for the true reason.
        """
        text = _is_text(media_type)
        if not role_fits(role, text):
            failed = UnreadableContentError(UNPROCESSABLE_TYPE_MISMATCH, "not what its role is for")
            return None, [_unreadable("c0", role, hashlib.sha256(data).digest(), failed)]
        if not text:
            views = await self.prepare_image(data, role, "c0", media_type)
            first = views[0]
            if first.HasField("image"):
                return first.image.original, views
            if not 0 < len(data) <= self._settings.max_image_bytes:
                return None, views
            return await self._store.keep(original_key(first.sha256), data, media_type or _UNKNOWN), views
        prepared = await self.prepare_text(data, role)
        if not prepared.HasField("text"):
            return None, [prepared]
        return await self._store.keep(original_key(prepared.sha256), data, TEXT), [prepared]

    async def prepare_address(
        self, uri: str, role: Role.ValueType
    ) -> tuple[ObjectReference | None, list[PreparedContent]]:
        """The same of a picture at a stranger's address, as it is there now. What cannot be fetched has no digest."""
        if not role_fits(role, text=False):
            failed = UnreadableContentError(UNPROCESSABLE_TYPE_MISMATCH, "not what its role is for")
            return None, [_unreadable("c0", role, b"", failed)]
        try:
            self._fetcher.allows(uri)
            with Step(self._spans, "fetch", "c0", {"sluice.content_id": "c0"}):
                async with self._fetches.take(URGENT):
                    data = await self._fetcher.get_any(uri, self._settings.max_image_bytes)
        except tuple(_FETCH_ERRORS) as error:
            failed = UnreadableContentError(_FETCH_ERRORS[type(error)], str(error))
            return None, [_unreadable("c0", role, b"", failed)]
        # What the host calls it may be wrong, and the bytes say it themselves.
        return await self.prepare_upload(data, role, "")

    async def _prepare_reference(
        self, reference: ObjectReference, role: Role.ValueType, content_id: str, urgency: Urgency
    ) -> list[PreparedContent]:
        text = _is_text(reference.media_type)
        if not role_fits(role, text):
            failed = UnreadableContentError(UNPROCESSABLE_TYPE_MISMATCH, "not what its role is for")
            return [_unreadable(content_id, role, reference.sha256, failed)]
        limit = self._settings.max_text_bytes if text else self._settings.max_image_bytes
        if not 0 < reference.size_bytes <= limit:
            reason = UNPROCESSABLE_TOO_LARGE if reference.size_bytes else UNPROCESSABLE_EMPTY
            failed = UnreadableContentError(reason, f"{reference.size_bytes} bytes, at most {limit} are read")
            return [_unreadable(content_id, role, reference.sha256, failed)]
        try:
            if not self._store.holds(reference.uri):
                with Step(self._spans, "fetch", content_id, {"sluice.content_id": content_id}):
                    reference = await self._fetched(reference, limit, urgency)
            async with self._turns.take(urgency):
                data = await self._stored_bytes(reference, limit)
                if text:
                    return [await self.prepare_text(data, role, content_id)]
                return await self._prepare_image(data, role, content_id, reference.media_type)
        except tuple(_FETCH_ERRORS) as error:
            failed = UnreadableContentError(_FETCH_ERRORS[type(error)], str(error))
            return [_unreadable(content_id, role, reference.sha256, failed)]

    async def _stored_bytes(self, reference: ObjectReference, limit: int) -> bytes:
        """What a reference into our store names. NotFoundError also where other bytes lie there: any tenant can write
        such a reference, and must not learn from the answer what another one stored."""
        try:
            return await self._store.get(reference, limit)
        except (NotFoundError, DigestMismatchError) as error:
            raise NotFoundError("our object store has no such bytes under this address") from error

    async def _fetched(self, reference: ObjectReference, limit: int, urgency: Urgency) -> ObjectReference:
        """Where the bytes of a stranger's reference lie in our store, into which they are fetched if need be."""
        self._fetcher.allows(reference.uri)
        if len(reference.sha256) != _SHA256_BYTES:
            raise DigestMismatchError("a reference without a SHA-256")
        key = original_key(reference.sha256)
        # Of another size it is asked for where it is said to lie: what comes of that does not tell what we hold.
        if not await self._store.exists(key, reference.size_bytes):
            async with self._fetches.take(urgency):
                data = await self._fetcher.get(reference, limit)
                await self._store.keep(key, data, reference.media_type or _UNKNOWN)
        ours = ObjectReference()
        ours.CopyFrom(reference)
        ours.uri = self._store.uri(key)
        return ours

    async def _prepare_image(
        self, data: bytes, role: Role.ValueType, content_id: str, declared: str
    ) -> list[PreparedContent]:
        about: dict[str, Value] = {"sluice.content_id": content_id, "sluice.bytes": len(data)}
        with Step(self._spans, "decode", content_id, about) as told:
            answer = await self._pool.decode(data, declared)
            if isinstance(answer, Refusal):
                told["sluice.reason"] = answer.trouble
        found = await asyncio.to_thread(digests, data)
        if isinstance(answer, Refusal):
            failed = UnreadableContentError(Unprocessable.Value(f"UNPROCESSABLE_{answer.trouble}"), answer.detail)
            return [_unreadable(content_id, role, found.sha256, failed)]
        original = await self._store.keep(original_key(found.sha256), data, answer.media_type)
        images = [await self._stored(original, found, answer, number) for number in range(len(answer.views))]
        return [
            PreparedContent(
                id=f"{content_id}.{number}" if number else content_id,
                role=role,
                sha256=found.sha256,
                image=image,
                view=view.what,
                view_of=content_id if number else "",
            )
            for number, (view, image) in enumerate(zip(answer.views, images, strict=True))
        ]

    async def _stored(
        self, original: ObjectReference, found: ByteDigests, reading: Reading, number: int
    ) -> PreparedImage:
        """One view of a picture, with its renditions in the store."""
        view = reading.views[number]
        prefix = f"view-{number}-" if number else ""
        pictures = {f"{prefix}512": view.rendition}
        pictures |= {f"{prefix}tile-{index}": tile for index, tile in enumerate(view.tiles)}
        whole, *tiles = [await self._rendition(found.sha256, name, picture) for name, picture in pictures.items()]
        return PreparedImage(
            original=original,
            digests=ImageDigests(
                md5=found.md5,
                sha1=found.sha1,
                sha256=found.sha256,
                pdq=view.pdq,
                pdq_quality=view.pdq_quality,
            ),
            width=reading.width,
            height=reading.height,
            rendition=whole,
            tiles=tiles,
        )

    async def _rendition(self, original: bytes, name: str, picture: Picture) -> Rendition:
        key = rendition_key(original, name, hashlib.sha256(picture.data).digest())
        return Rendition(
            object=await self._store.keep(key, picture.data, _JPEG),
            width=picture.width,
            height=picture.height,
            left=picture.left,
            top=picture.top,
        )


def _is_text(media_type: str) -> bool:
    return media_type.partition(";")[0].strip().lower() == TEXT


def _unreadable(
    content_id: str, role: Role.ValueType, sha256: bytes, failed: UnreadableContentError
) -> PreparedContent:
    return PreparedContent(id=content_id, role=role, sha256=sha256, unprocessable=failed.reason, detail=failed.detail)
