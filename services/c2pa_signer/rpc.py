"""`sluice.v1.C2paSigner`: a direct call gets what the log would have given, and no more."""

from typing import Any

import grpc
import grpc.aio

from c2pa_signer.worker import SignerRecords
from sluice.errors import RetryableError, SluiceError
from sluice.ids import parse_request_id
from sluice.v1.c2pa_signer_pb2 import SignRequest, SignResponse
from sluice.v1.c2pa_signer_pb2_grpc import C2paSignerServicer


class C2paSignerRpc(C2paSignerServicer):
    """`records` is None until the service is open."""

    def __init__(self) -> None:
        self.records: SignerRecords | None = None

    async def Sign(  # noqa: N802 - the contract names it
        self, request: SignRequest, context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> SignResponse:
        """Signs a picture again, or tells what was signed. FAILED_PRECONDITION unless a decision allows it."""
        request_id = parse_request_id(request.request_id)
        if request_id is None:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "request_id should be a UUID")
        if self.records is None:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "not ready")
        assert self.records is not None
        assert request_id is not None
        try:
            before = await self.records.signed_before(request_id)
            if before is not None and before.source_sha256 == request.original.sha256:
                return SignResponse(asset=before)
            return SignResponse(asset=await self.records.sign(request_id, request.original))
        except RetryableError as error:
            await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        except SluiceError as error:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        raise AssertionError("abort does not return")
