"""The gRPC road: publish the request, wait for its decision and, for an allowed output, the signed picture."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio

from sluice.bus.producer import AsyncProducer
from sluice.bus.record import Outgoing, Record
from sluice.bus.tail import LogTail
from sluice.bus.topics import Topic
from sluice.contract.digests import request_digest
from sluice.deadline import Deadline
from sluice.errors import RetryableError, SluiceError, TerminalError
from sluice.host.streams import as_ready
from sluice.ids import parse_request_id, partition_for
from sluice.policy.model import Policy
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision
from sluice.v1.orchestrator_pb2 import (
    ModerateRequest,
    ModerateResponse,
    ModerateStreamRequest,
    ModerateStreamResponse,
)
from sluice.v1.orchestrator_pb2_grpc import OrchestratorServicer
from sluice.v1.request_pb2 import LANE_BULK, STAGE_OUTPUT, Request

GRACE_SECONDS = 10.0
"""How long after the request's own deadline a door still waits: the decision that it brings about comes then."""
SIGNING_SECONDS = 30.0
"""How long a door waits for the signed picture after an ALLOW."""


class ConflictError(SluiceError):
    """The request id was used before, with other content."""


class NoDecisionError(SluiceError):
    """There is no decision in time: not allowed."""


def keep_value(record: Record) -> bytes:
    """What the tails hold per request: the record as it is."""
    return record.value


@dataclass(frozen=True, slots=True)
class Road:
    """What a door needs to ask for a decision."""

    policy: Policy
    producer: AsyncProducer
    decisions: LogTail[bytes]
    signed: LogTail[bytes]

    async def moderate(self, request: Request, remaining: float | None) -> ModerateResponse:
        """The one decision of this id, made now or long ago.

        `remaining`: seconds that the caller waits, None for as long as it takes. TerminalError for a bad id,
        ConflictError, NoDecisionError, RetryableError.
        """
        request_id = parse_request_id(request.id)
        if request_id is None:
            raise TerminalError("id should be a UUID")
        request.id = request_id
        digest = request_digest(request)
        limit = self._limit(request, remaining)
        value = self.decisions.get(request_id)
        if value is None:
            await self._publish(request)
            value = await self.decisions.wait(request_id, limit)
        if value is None:
            raise NoDecisionError("no decision in time: not allowed")
        decision = Decision.FromString(value)
        if decision.content_digest != digest:
            raise ConflictError("this request id was used before, with other content")
        if decision.action != ACTION_ALLOW or decision.stage != STAGE_OUTPUT:
            return ModerateResponse(decision=decision)
        seconds = SIGNING_SECONDS if remaining is None else min(SIGNING_SECONDS, limit.remaining())
        signed = await self.signed.wait(request_id, Deadline.after(seconds))
        asset = SignedAsset.FromString(signed) if signed is not None else None
        return ModerateResponse(decision=decision, asset=asset)

    def _limit(self, request: Request, remaining: float | None) -> Deadline:
        stage = self.policy.stages.get(request.stage)
        own = 0.0
        if stage is not None:
            own = min(request.deadline_ms or stage.deadline_ms, stage.max_deadline_ms) / 1000
        seconds = own + GRACE_SECONDS
        return Deadline.after(seconds if remaining is None else min(seconds, remaining))

    async def _publish(self, request: Request) -> None:
        topic = Topic.REQUESTS_BULK if request.lane == LANE_BULK else Topic.REQUESTS
        partition = partition_for(request.id, self.decisions.partitions)
        await self.producer.send(Outgoing(topic, partition, request.id.encode(), request.SerializeToString()))


class OrchestratorRpc(OrchestratorServicer):
    """`sluice.v1.Orchestrator`. `road` is None until the service is open."""

    def __init__(self) -> None:
        self.road: Road | None = None

    async def Moderate(  # noqa: N802 - the contract names it
        self, request: ModerateRequest, context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> ModerateResponse:
        """One request, one decision."""
        try:
            return await self._ready().moderate(request.request, context.time_remaining())
        except TerminalError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except ConflictError as error:
            await context.abort(grpc.StatusCode.ALREADY_EXISTS, str(error))
        except NoDecisionError as error:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, str(error))
        except RetryableError as error:
            await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        raise AssertionError("abort does not return")

    async def ModerateStream(  # noqa: N802 - the contract names it
        self, requests: AsyncIterator[ModerateStreamRequest], context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> AsyncIterator[ModerateStreamResponse]:
        """Many requests; answers as they are ready. An answer with an error has no decision: not allowed."""

        async def one(message: ModerateStreamRequest) -> ModerateStreamResponse:
            request = message.request
            try:
                found = await self._ready().moderate(request, context.time_remaining())
            except SluiceError as error:
                return ModerateStreamResponse(request_id=request.id, error=str(error))
            asset = found.asset if found.HasField("asset") else None
            return ModerateStreamResponse(request_id=request.id, decision=found.decision, asset=asset)

        async for answer in as_ready(requests, one):
            yield answer

    def _ready(self) -> Road:
        if self.road is None:
            raise RetryableError("not ready")
        return self.road
