"""`sluice.v1.Ingest`: bytes in by stream, a reference and a prepared content out."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio

from ingest.prepare import Preparer
from sluice.errors import RetryableError
from sluice.host.refusal import RefusalError
from sluice.host.room import Room
from sluice.v1.ingest_pb2 import PrepareHeader, PrepareRequest, PrepareResponse
from sluice.v1.ingest_pb2_grpc import IngestServicer
from sluice.v1.request_pb2 import Role

UPLOAD_SECONDS = 60.0
"""How long a call without a deadline may take; whoever sends nothing must not keep a place for ever."""


class IngestRpc(IngestServicer):
    """`preparer` and `room` are None until the service is open."""

    def __init__(self) -> None:
        self.preparer: Preparer | None = None
        self.room: Room | None = None
        self.most_bytes = 0

    async def Prepare(  # noqa: N802 - the contract names it
        self, requests: AsyncIterator[PrepareRequest], context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> PrepareResponse:
        """Stores and reads one content. What cannot be read is answered as such, with its reason."""
        if self.preparer is None or self.room is None:
            raise RetryableError("not ready")
        upload = _Upload(self.room, self.most_bytes)
        remaining = context.time_remaining()
        try:
            async with asyncio.timeout(UPLOAD_SECONDS if remaining is None else remaining):
                header = await upload.read(requests)
                if header.uri:
                    prepared = self.preparer.prepare_address(header.uri, header.role)
                else:
                    prepared = self.preparer.prepare_upload(bytes(upload.data), header.role, header.media_type)
                reference, (content, *views) = await prepared
        except TimeoutError:
            raise RefusalError(grpc.StatusCode.DEADLINE_EXCEEDED, "not read in time") from None
        finally:
            upload.leave()
        return PrepareResponse(reference=reference, content=content, views=views)


class _Upload:
    """The bytes of one call, which take their room as they come. OverloadedError where there is none."""

    def __init__(self, room: Room, most_bytes: int) -> None:
        room.take()
        self._room = room
        self._most_bytes = most_bytes
        self.data = bytearray()

    async def read(self, requests: AsyncIterator[PrepareRequest]) -> PrepareHeader:
        """Everything that is sent, to the end."""
        header: PrepareHeader | None = None
        async for message in requests:
            if message.WhichOneof("part") == "header":
                if header is not None:
                    raise _invalid("the header comes once, first")
                header = message.header
            elif header is None:
                raise _invalid("the first message is the header")
            # One byte more than allowed is kept, so that the answer is TOO_LARGE; the rest need not be held.
            chunk = message.chunk[: self._most_bytes + 1 - len(self.data)]
            self._room.grow(len(chunk))
            self.data += chunk
        if header is None or header.role not in Role.values() or not header.role:
            raise _invalid("a header with a role is needed")
        if header.uri and (self.data or header.media_type):
            raise _invalid("an address stands instead of bytes and their type")
        return header

    def leave(self) -> None:
        """The call is over."""
        self._room.leave(len(self.data))


def _invalid(detail: str) -> RefusalError:
    return RefusalError(grpc.StatusCode.INVALID_ARGUMENT, detail)
