"""The way to a decision: the orchestrator's and ingest's gRPC doors, as a client."""

from collections.abc import AsyncIterator, Awaitable
from http import HTTPStatus
from typing import Final, TypeVar

import grpc
import grpc.aio

from gateway.errors import unavailable
from gateway.links import Link
from gateway.refused import internal_error, of_status
from sluice.contract.digests import request_digest
from sluice.deadline import Deadline
from sluice.telemetry.logging import Log
from sluice.telemetry.trace_context import TraceContext, headers_of
from sluice.v1.ingest_pb2 import PrepareHeader, PrepareRequest, PrepareResponse
from sluice.v1.ingest_pb2_grpc import IngestStub
from sluice.v1.orchestrator_pb2 import ModerateRequest, ModerateResponse
from sluice.v1.orchestrator_pb2_grpc import OrchestratorStub
from sluice.v1.request_pb2 import Request, Role

T = TypeVar("T")
CHUNK_BYTES: Final = 512 << 10
INLINE_TOTAL_BYTES: Final = 4 << 20
"""Of one request: what is beyond goes by reference. A request is one gRPC message, of 8 MiB at most."""


class GrpcRoad:
    """`Road` over gRPC. Safe for many calls at once."""

    def __init__(self, orchestrator: Link, ingest: Link, log: Log) -> None:
        self._orchestrator = orchestrator
        self._ingest = ingest
        self._log = log

    async def moderate(
        self, request: Request, deadline: Deadline, trace: TraceContext | None = None
    ) -> ModerateResponse:
        """The one decision of this request's id. ApiError: there is none, and why. An answer about anything else than
        what was asked is none."""
        metadata = headers_of(trace) if trace is not None else ()
        asking = OrchestratorStub(self._orchestrator.channel).Moderate(
            ModerateRequest(request=request), timeout=deadline.remaining(), metadata=metadata
        )
        answer = await self._answer(asking, "sluice.v1.Orchestrator/Moderate", request.id)
        if not answer.HasField("decision"):
            raise unavailable("no_decision", "No decision came. That means: not allowed.")
        decision = answer.decision
        if decision.request_id != request.id or decision.content_digest != request_digest(request):
            self._log.error("an answer about something else", request_id=request.id)
            raise internal_error()
        return answer

    async def prepare(
        self, data: bytes, role: Role.ValueType, media_type: str, deadline: Deadline
    ) -> PrepareResponse:
        """Stores an original and reads it. ApiError where nobody answers. What cannot be read is answered as such."""
        return await self._prepare(data, PrepareHeader(role=role, media_type=media_type), deadline)

    async def fetch(self, uri: str, role: Role.ValueType, deadline: Deadline) -> PrepareResponse:
        """The same of a picture at an http(s) address."""
        return await self._prepare(b"", PrepareHeader(role=role, uri=uri), deadline)

    async def _prepare(self, data: bytes, header: PrepareHeader, deadline: Deadline) -> PrepareResponse:
        asking = IngestStub(self._ingest.channel).Prepare(_parts(data, header), timeout=deadline.remaining())
        return await self._answer(asking, "sluice.v1.Ingest/Prepare")

    async def _answer(self, asking: Awaitable[T], method: str, request_id: str | None = None) -> T:
        try:
            return await asking
        except grpc.aio.AioRpcError as error:
            found = of_status(error.code(), dict(error.trailing_metadata() or ()))
            if found.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                # Words of ours: the services keep content out of them.
                told = {"method": method, "code": error.code().name, "detail": error.details()}
                self._log.warning("call failed", request_id=request_id, **told)
            raise found from error


async def _parts(data: bytes, header: PrepareHeader) -> AsyncIterator[PrepareRequest]:
    yield PrepareRequest(header=header)
    for at in range(0, len(data), CHUNK_BYTES):
        yield PrepareRequest(chunk=data[at : at + CHUNK_BYTES])
