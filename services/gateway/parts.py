"""What the routes stand on: built once by the service, handed to whoever makes routes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from gateway.auth import Gate
from gateway.idempotency import RequestIds
from gateway.reading import Reading
from gateway.settings import GatewaySettings
from gateway.usage import Usage
from sluice.deadline import Deadline
from sluice.host.readiness import Readiness
from sluice.objects import ObjectStore
from sluice.policy.model import Policy
from sluice.refreshed import Current
from sluice.sql.database import Database
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.spans import Spans
from sluice.telemetry.trace_context import TraceContext
from sluice.v1.ingest_pb2 import PrepareResponse
from sluice.v1.orchestrator_pb2 import ModerateResponse
from sluice.v1.request_pb2 import Request, Role

if TYPE_CHECKING:
    from gateway.follower import Follower
    from gateway.requests_later import Later


class Road(Protocol):
    """The way to a decision. Both raise ApiError: whatever is not an answer is none."""

    async def moderate(
        self, request: Request, deadline: Deadline, trace: TraceContext | None = None
    ) -> ModerateResponse:
        """The one decision of this request's id. ApiError where there is none in time."""

    async def prepare(
        self, data: bytes, role: Role.ValueType, media_type: str, deadline: Deadline
    ) -> PrepareResponse:
        """Stores an original and reads it. `media_type`: as sent, or empty."""

    async def fetch(self, uri: str, role: Role.ValueType, deadline: Deadline) -> PrepareResponse:
        """The same of a picture at an http(s) address: ingest fetches it, where its operator lets it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """`ids`: of requests, from an Idempotency-Key. `follower`: what the log said lately; None where nothing follows
    it. `later`: requests that nobody waits for. `policy`: for the words and thresholds of the console; None where the
    file is not here. `now`: milliseconds since the epoch. `stopping`: set when the door closes: a long answer ends
    then.

    `sample`: the part of requests without trace context that is traced. `inline_limit`: bytes of a picture that
    travels inside a request. `reading`: how bodies are parsed.
    """

    settings: GatewaySettings
    road: Road
    gate: Gate
    usage: Usage
    ids: RequestIds
    follower: "Follower | None"
    later: "Later"
    database: Database
    policy: Current[Policy] | None
    store: ObjectStore
    readiness: Readiness
    stopping: asyncio.Event
    log: Log
    metrics: Metrics
    spans: Spans
    now: Callable[[], int]
    sample: float = 1.0
    inline_limit: int = 1 << 20
    reading: Reading = field(default_factory=Reading)
