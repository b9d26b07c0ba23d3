"""`sluice.v1.Ingest`: bytes in by stream, a reference and a prepared content out."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio

from ingest.prepare import Preparer
from sluice.errors import RetryableError
from sluice.v1.ingest_pb2 import PrepareHeader, PrepareRequest, PrepareResponse
from sluice.v1.ingest_pb2_grpc import IngestServicer
from sluice.v1.request_pb2 import Role


class IngestRpc(IngestServicer):
    """`preparer` is None until the service is open."""

    def __init__(self) -> None:
        self.preparer: Preparer | None = None
        self.most_bytes = 0

    async def Prepare(  # noqa: N802 - the contract names it
        self, requests: AsyncIterator[PrepareRequest], context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> PrepareResponse:
        """Stores and reads one content. What cannot be read is answered as such, with its reason."""
        if self.preparer is None:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "not ready")
        assert self.preparer is not None
        header: PrepareHeader | None = None
        data = bytearray()
        async for message in requests:
            if message.WhichOneof("part") == "header":
                if header is not None:
                    await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the header comes once, first")
                header = message.header
            elif header is None:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the first message is the header")
            # One byte more than allowed is kept, so that the answer is TOO_LARGE; the rest need not be held.
            data += message.chunk[: self.most_bytes + 1 - len(data)]
        if header is None or header.role not in Role.values() or not header.role:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a header with a role is needed")
        assert header is not None
        try:
            reference, content = await self.preparer.prepare_upload(bytes(data), header.role, header.media_type)
        except RetryableError as error:
            await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        return PrepareResponse(reference=reference, content=content)
