"""`sluice.v1.C2paSigner`: a direct call gets what the log would have given, and no more."""

from typing import Any

import grpc
import grpc.aio

from c2pa_signer.uploads import MOST_BYTES
from c2pa_signer.worker import SignerRecords
from sluice.errors import RetryableError, SluiceError
from sluice.host.refusal import RefusalError
from sluice.host.room import Room
from sluice.ids import parse_request_id
from sluice.v1.c2pa_signer_pb2 import SignRequest, SignResponse
from sluice.v1.c2pa_signer_pb2_grpc import C2paSignerServicer


class C2paSignerRpc(C2paSignerServicer):
    """`records` and `room` are None until the service is open."""

    def __init__(self) -> None:
        self.records: SignerRecords | None = None
        self.room: Room | None = None

    async def Sign(  # noqa: N802 - the contract names it
        self,
        request: SignRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # noqa: ARG002 - gRPC gives it
    ) -> SignResponse:
        """Signs a picture again, or tells what was signed. FAILED_PRECONDITION unless a decision allows it."""
        request_id = parse_request_id(request.request_id)
        if request_id is None:
            raise RefusalError(grpc.StatusCode.INVALID_ARGUMENT, "request_id should be a UUID")
        if self.records is None or self.room is None:
            raise RetryableError("not ready")
        # The store refuses an object that is larger than its reference says, or than the signer reads.
        with self.room.held(min(request.original.size_bytes, MOST_BYTES)):
            try:
                before = await self.records.signed_before(request_id)
                if before is not None and before.source_sha256 == request.original.sha256:
                    return SignResponse(asset=before)
                return SignResponse(asset=await self.records.sign(request_id, request.original))
            except RetryableError:
                raise
            except SluiceError as error:
                raise RefusalError(grpc.StatusCode.FAILED_PRECONDITION, str(error)) from error
