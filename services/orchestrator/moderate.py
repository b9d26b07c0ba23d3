"""The gRPC road: publish the request, wait for its decision and, for an allowed output, the signed picture."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

import grpc
import grpc.aio

from sluice.bus.log_book import NotKeptError
from sluice.bus.record import Headers, Outgoing
from sluice.bus.topics import Topic
from sluice.contract.digests import request_digest
from sluice.deadline import Deadline
from sluice.errors import RetryableError, TerminalError
from sluice.host.call_spans import call_in_hand
from sluice.host.doors import settle
from sluice.host.refusal import RefusalError
from sluice.host.room import Room
from sluice.host.streams import as_ready
from sluice.ids import parse_request_id, partition_for
from sluice.policy.model import Policy
from sluice.refreshed import Current
from sluice.telemetry.logging import Log
from sluice.telemetry.trace_context import headers_of
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


class Sends(Protocol):
    """What publishes records."""

    async def send(self, outgoing: Outgoing) -> int:
        """The record's offset. RetryableError, TerminalError."""


class Book(Protocol):
    """What a log says of a request id (see `LogBook`)."""

    @property
    def partitions(self) -> int:
        """Of the topic."""

    async def get(self, request_id: str, deadline: Deadline) -> bytes | None:
        """As far as it is known now. RetryableError, NotKeptError."""

    async def wait(self, request_id: str, deadline: Deadline) -> bytes | None:
        """As soon as it is known; None at the deadline."""


@dataclass(frozen=True, slots=True)
class Road:
    """What a door needs to ask for a decision. `policy`: for how long to wait. `room`: for the requests that wait for
    their decisions."""

    policy: Current[Policy]
    producer: Sends
    decisions: Book
    signed: Book
    room: Room
    log: Log

    async def moderate(
        self, request: Request, remaining: float | None, patient: bool = False, trace: Headers = ()
    ) -> ModerateResponse:
        """The one decision of this id, made now or long ago.

        `remaining`: seconds that the caller waits, None for as long as it takes. `patient`: waits for room, as an
        item of a stream does. `trace`: context that the request carries on, if it has any. RefusalError with the
        status code that says why there is none, OverloadedError, RetryableError.
        """
        request_id = parse_request_id(request.id)
        if request_id is None:
            raise RefusalError(grpc.StatusCode.INVALID_ARGUMENT, "id should be a UUID")
        request.id = request_id
        limit = self._limit(request, remaining)
        size = request.ByteSize()
        if patient:
            async with self.room.held_in_turn(limit, size):
                return await self._moderate(request, limit, remaining, trace)
        with self.room.held(size):
            return await self._moderate(request, limit, remaining, trace)

    async def _moderate(
        self, request: Request, limit: Deadline, remaining: float | None, trace: Headers
    ) -> ModerateResponse:
        digest = request_digest(request)
        decision = Decision.FromString(await self._decide(request, limit, trace))
        if decision.content_digest != digest:
            raise RefusalError(grpc.StatusCode.ALREADY_EXISTS, "this request id was used before, with other content")
        if decision.action != ACTION_ALLOW or decision.stage != STAGE_OUTPUT:
            return ModerateResponse(decision=decision)
        seconds = SIGNING_SECONDS if remaining is None else min(SIGNING_SECONDS, limit.remaining())
        return ModerateResponse(decision=decision, asset=await self._asset(request.id, Deadline.after(seconds)))

    async def _decide(self, request: Request, limit: Deadline, trace: Headers) -> bytes:
        try:
            value = await self.decisions.get(request.id, limit)
            if value is None:
                async with asyncio.timeout(limit.remaining()):
                    await self._publish(request, trace)
                value = await self.decisions.wait(request.id, limit)
        except TimeoutError:
            value = None
        except NotKeptError as error:
            raise RefusalError(grpc.StatusCode.FAILED_PRECONDITION, f"{error}; use a new id") from error
        if value is None:
            raise RefusalError(grpc.StatusCode.DEADLINE_EXCEEDED, "no decision in time: not allowed")
        return value

    async def _asset(self, request_id: str, limit: Deadline) -> SignedAsset | None:
        """What was signed; None where it is not yet, or not kept any more."""
        try:
            signed = await self.signed.wait(request_id, limit)
        except NotKeptError:
            return None
        return SignedAsset.FromString(signed) if signed is not None else None

    def _limit(self, request: Request, remaining: float | None) -> Deadline:
        stage = self.policy.value.stages.get(request.stage)
        own = 0.0
        if stage is not None:
            own = stage.allowed_ms(request.deadline_ms) / 1000
        seconds = own + GRACE_SECONDS
        return Deadline.after(seconds if remaining is None else min(seconds, remaining))

    async def _publish(self, request: Request, trace: Headers) -> None:
        topic = Topic.REQUESTS_BULK if request.lane == LANE_BULK else Topic.REQUESTS
        partition = partition_for(request.id, self.decisions.partitions)
        outgoing = Outgoing(topic, partition, request.id.encode(), request.SerializeToString(), trace)
        try:
            await self.producer.send(outgoing)
        except TerminalError as error:
            raise RefusalError(grpc.StatusCode.INVALID_ARGUMENT, str(error)) from error


class OrchestratorRpc(OrchestratorServicer):
    """`sluice.v1.Orchestrator`. `road` is None until the service is open."""

    def __init__(self) -> None:
        self.road: Road | None = None

    async def Moderate(  # noqa: N802 - the contract names it
        self, request: ModerateRequest, context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> ModerateResponse:
        """One request, one decision."""
        calling = call_in_hand()
        trace = headers_of(calling) if calling is not None else ()
        return await self._ready().moderate(request.request, context.time_remaining(), trace=trace)

    async def ModerateStream(  # noqa: N802 - the contract names it
        self, requests: AsyncIterator[ModerateStreamRequest], context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> AsyncIterator[ModerateStreamResponse]:
        """Many requests; answers as they are ready. An answer with an error has no decision: not allowed.

        Each request has a trace of its own: the stream's context, if it has any, is not theirs.
        """
        road = self._ready()

        async def one(message: ModerateStreamRequest) -> ModerateStreamResponse:
            request = message.request
            asking = road.moderate(request, context.time_remaining(), patient=True)
            found = await settle(asking, road.log, "ModerateStream")
            if isinstance(found, RefusalError):
                return ModerateStreamResponse(
                    request_id=request.id,
                    error=found.detail,
                    code=found.number,
                    retry_after_ms=found.retry_ms or 0,
                )
            asset = found.asset if found.HasField("asset") else None
            return ModerateStreamResponse(request_id=request.id, decision=found.decision, asset=asset)

        async with aclosing(as_ready(requests, one)) as answers:
            async for answer in answers:
                yield answer

    def _ready(self) -> Road:
        if self.road is None:
            raise RetryableError("not ready")
        return self.road
