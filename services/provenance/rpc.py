"""`sluice.v1.Provenance`: is this picture one of ours?"""

from typing import Any, Final

import grpc
import grpc.aio

from provenance.answer import Answer, Finding
from provenance.asking import Asking
from provenance.look import UnreadableError
from sluice.errors import RetryableError
from sluice.host.refusal import RefusalError
from sluice.host.room import Room
from sluice.v1 import provenance_pb2
from sluice.v1.provenance_pb2 import FindRequest, FindResponse
from sluice.v1.provenance_pb2_grpc import ProvenanceServicer

DEFAULT_RESULTS: Final = 10
MOST_RESULTS: Final = 100


class ProvenanceRpc(ProvenanceServicer):
    """`asking` and `room` are None until the service is open."""

    def __init__(self) -> None:
        self.asking: Asking | None = None
        self.room: Room | None = None

    async def Find(  # noqa: N802 - the contract names it
        self,
        request: FindRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # noqa: ARG002 - gRPC gives it
    ) -> FindResponse:
        """What the image is, with evidence. INVALID_ARGUMENT for what is no picture, or too large."""
        if self.asking is None or self.room is None:
            raise RetryableError("not ready")
        if not 0 < len(request.image) <= self.asking.max_bytes:
            words = f"image should be a picture of at most {self.asking.max_bytes} bytes"
            raise RefusalError(grpc.StatusCode.INVALID_ARGUMENT, words)
        most = min(request.max_results or DEFAULT_RESULTS, MOST_RESULTS)
        with self.room.held(len(request.image)):
            try:
                return told(await self.asking.ask(request.image, most))
            except UnreadableError as error:
                raise RefusalError(grpc.StatusCode.INVALID_ARGUMENT, str(error)) from error


def told(answer: Answer) -> FindResponse:
    """An answer as the contract has it. The numbers of `Verdict` and `Evidence` are the contract's own."""
    return FindResponse(
        answer=provenance_pb2.Answer.ValueType(answer.verdict),
        findings=[_told(one) for one in answer.findings],
        not_asked=answer.not_asked,
    )


def _told(one: Finding) -> provenance_pb2.Finding:
    found = provenance_pb2.Finding(
        evidence=provenance_pb2.Evidence.ValueType(one.evidence),
        confidence=one.confidence,
        manifest_label=one.label,
        certificate_serial=one.serial,
        variant=one.variant,
        distance=one.distance,
        similarity=one.similarity,
    )
    record = one.record
    if record is not None:
        found.request_id = record.request_id
        found.signed_at_ms = record.signed_at_ms
        found.media_type = record.media_type
        found.signed_sha256 = record.signed_sha256
        found.source_sha256 = record.source_sha256
        found.policy_digest = record.policy_digest
    return found
