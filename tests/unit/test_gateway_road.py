"""The way to a decision, over real gRPC: what is asked, what is tried again, and what every status becomes."""

import io
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import grpc
import grpc.aio
import pytest

from gateway.errors import ApiError
from gateway.road import CHUNK_BYTES, GrpcRoad
from sluice.deadline import Deadline
from sluice.errors import OverloadedError, RetryableError
from sluice.host.refusal import RefusalError
from sluice.telemetry.logging import Log
from sluice.telemetry.trace_context import TraceContext
from sluice.v1.decision_pb2 import Decision
from sluice.v1.ingest_pb2 import PrepareRequest, PrepareResponse
from sluice.v1.ingest_pb2_grpc import IngestServicer, add_IngestServicer_to_server
from sluice.v1.orchestrator_pb2 import ModerateRequest, ModerateResponse
from sluice.v1.orchestrator_pb2_grpc import OrchestratorServicer, add_OrchestratorServicer_to_server
from sluice.v1.request_pb2 import ROLE_PROMPT, ROLE_UPLOAD, STAGE_PROMPT, Content, ObjectReference, Request
from tests.unit.gateway_door import decision_of, linked
from tests.unit.grpc_door import serving

SECRET = "a prompt that must not be seen"


def a_request(text: str = "x") -> Request:
    """A request that nobody asked before."""
    contents = [Content(role=ROLE_PROMPT, text=text)]
    return Request(id=str(uuid.uuid4()), stage=STAGE_PROMPT, contents=contents)


@dataclass
class Behind(OrchestratorServicer, IngestServicer):
    """Both services behind the road. `answers`: what each call in its turn does; the last one again and again."""

    answers: list[Callable[[Request], ModerateResponse]] = field(default_factory=list)
    metadata: list[dict[str, Any]] = field(default_factory=list)
    remaining: list[float] = field(default_factory=list)
    parts: list[PrepareRequest] = field(default_factory=list)

    async def Moderate(self, request: ModerateRequest, context: Any) -> ModerateResponse:  # noqa: N802 - the contract
        self.metadata.append(dict(context.invocation_metadata()))
        self.remaining.append(context.time_remaining())
        if not self.answers:
            return ModerateResponse(decision=decision_of(request.request))
        return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])(request.request)

    def ModerateStream(self, requests: Any, context: Any) -> Any:  # noqa: N802 - the contract
        raise NotImplementedError

    async def Prepare(self, requests: AsyncIterator[PrepareRequest], context: Any) -> PrepareResponse:  # noqa: N802
        self.parts = [part async for part in requests]
        return PrepareResponse(reference=ObjectReference(uri="file:///o/1"))


@asynccontextmanager
async def road_to(behind: Behind, said: io.StringIO | None = None) -> AsyncIterator[GrpcRoad]:
    """The road to these services, with the channels of the gateway."""

    def add(server: grpc.aio.Server) -> None:
        add_OrchestratorServicer_to_server(behind, server)
        add_IngestServicer_to_server(behind, server)
        ports.append(server.add_insecure_port("127.0.0.1:0"))

    ports: list[int] = []
    async with serving(add), linked(f"127.0.0.1:{ports[0]}") as link:
        yield GrpcRoad(link, link, Log("gateway", stream=said or io.StringIO()))


def failing(error: Exception) -> Callable[[Request], ModerateResponse]:
    """An answer that is an error."""

    def fail(_request: Request) -> ModerateResponse:
        raise error

    return fail


def good(request: Request) -> ModerateResponse:
    """A decision."""
    return ModerateResponse(decision=decision_of(request))


async def refused(road: GrpcRoad, request: Request | None = None, seconds: float = 10.0) -> ApiError:
    """Why there is no decision."""
    with pytest.raises(ApiError) as found:
        await road.moderate(request or a_request(), Deadline.after(seconds))
    return found.value


async def test_a_decision_comes_back_with_the_trace_and_within_the_deadline() -> None:
    behind = Behind()
    async with road_to(behind) as road:
        request = a_request()
        trace = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True, state="v=1")
        answer = await road.moderate(request, Deadline.after(9), trace)
        assert answer.decision.request_id == request.id
        assert behind.metadata[0]["traceparent"] == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        assert behind.metadata[0]["tracestate"] == "v=1"
        assert 5 < behind.remaining[0] <= 9


@pytest.mark.parametrize(
    ("code", "status", "word"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, 400, "invalid_request"),
        (grpc.StatusCode.ALREADY_EXISTS, 409, "idempotency_conflict"),
        (grpc.StatusCode.FAILED_PRECONDITION, 409, "idempotency_expired"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, 503, "no_decision"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, 503, "overloaded"),
        (grpc.StatusCode.UNAVAILABLE, 503, "unavailable"),
        (grpc.StatusCode.CANCELLED, 503, "unavailable"),
        (grpc.StatusCode.ABORTED, 503, "unavailable"),
        (grpc.StatusCode.INTERNAL, 500, "internal_error"),
        (grpc.StatusCode.UNKNOWN, 500, "internal_error"),
        (grpc.StatusCode.UNIMPLEMENTED, 500, "internal_error"),
        (grpc.StatusCode.PERMISSION_DENIED, 500, "internal_error"),
        (grpc.StatusCode.UNAUTHENTICATED, 500, "internal_error"),
        (grpc.StatusCode.NOT_FOUND, 500, "internal_error"),
        (grpc.StatusCode.OUT_OF_RANGE, 500, "internal_error"),
        (grpc.StatusCode.DATA_LOSS, 500, "internal_error"),
    ],
)
async def test_every_status_is_no_pass(code: grpc.StatusCode, status: int, word: str) -> None:
    async with road_to(Behind([failing(RefusalError(code, "why"))])) as road:
        error = await refused(road)
        assert (error.status, error.code) == (HTTPStatus(status), word)
        assert (error.retry_seconds is not None) is (status == 503)
        # OpenAI's clients ask again by themselves after a 409, too, unless they are told.
        assert (error.retry is False) is (status == 409)


async def test_who_is_away_for_a_moment_is_asked_again() -> None:
    behind = Behind([failing(RetryableError("not ready")), failing(RetryableError("not ready")), good])
    async with road_to(behind) as road:
        assert (await road.moderate(a_request(), Deadline.after(10))).HasField("decision")
        assert len(behind.metadata) == 3


async def test_who_stays_away_is_unavailable() -> None:
    behind = Behind([failing(RetryableError("not ready"))])
    async with road_to(behind) as road:
        assert (await refused(road)).code == "unavailable"
        assert len(behind.metadata) == 4


async def test_nobody_there_is_unavailable() -> None:
    async with linked("127.0.0.1:1") as link:
        error = await refused(GrpcRoad(link, link, Log("gateway", stream=io.StringIO())))
        assert (error.status, error.code) == (HTTPStatus.SERVICE_UNAVAILABLE, "unavailable")


async def test_a_full_door_is_left_alone_for_as_long_as_it_says() -> None:
    behind = Behind([failing(OverloadedError("9 calls are in hand", 7.0))])
    async with road_to(behind) as road:
        error = await refused(road)
        assert error.code == "overloaded"
        assert error.retry_seconds is not None
        assert 7 <= error.retry_seconds <= 14
        assert len(behind.metadata) == 1


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: ModerateResponse(),
        lambda _: ModerateResponse(decision=Decision()),
        lambda request: ModerateResponse(decision=decision_of(request, request_id=str(uuid.uuid4()))),
        lambda request: ModerateResponse(decision=decision_of(request, content_digest=b"d" * 32)),
    ],
)
async def test_an_answer_about_anything_else_is_none(answer: Callable[[Request], ModerateResponse]) -> None:
    async with road_to(Behind([answer])) as road:
        assert (await refused(road)).status >= 500


async def test_a_picture_is_handed_over_in_parts() -> None:
    behind, data = Behind(), bytes(range(256)) * 5000
    async with road_to(behind) as road:
        answer = await road.prepare(data, ROLE_UPLOAD, "image/png", Deadline.after(10))
        assert answer.reference.uri == "file:///o/1"
        header, *chunks = behind.parts
        assert (header.header.role, header.header.media_type) == (ROLE_UPLOAD, "image/png")
        assert b"".join(part.chunk for part in chunks) == data
        assert max(len(part.chunk) for part in chunks) == CHUNK_BYTES


async def test_an_address_is_handed_over_instead_of_bytes() -> None:
    behind = Behind()
    async with road_to(behind) as road:
        await road.fetch("https://img.example.org/a.png", ROLE_UPLOAD, Deadline.after(10))
        assert [(part.header.uri, part.header.role, part.chunk) for part in behind.parts] == [
            ("https://img.example.org/a.png", ROLE_UPLOAD, b"")
        ]


async def test_what_went_wrong_behind_is_in_the_log_and_the_prompt_is_not() -> None:
    said = io.StringIO()
    async with road_to(Behind([failing(RefusalError(grpc.StatusCode.INTERNAL, "a bug"))]), said) as road:
        asked = a_request(SECRET)
        await refused(road, asked)
        assert "INTERNAL" in said.getvalue()
        assert asked.id in said.getvalue()
        assert SECRET not in said.getvalue()
