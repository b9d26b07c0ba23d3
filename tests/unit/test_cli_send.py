"""The road of `sluice moderate`, against an orchestrator and an ingest that answer as the test says."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from sluice.cli.ask import Ask
from sluice.cli.send import CHUNK_BYTES, INLINE_BYTES, Sender, extension
from sluice.errors import NotReadyError, OverloadedError, TerminalError
from sluice.host.refusal import refusal_of
from sluice.local.state import Running, ServiceAt
from sluice.objects import ObjectStore
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.ingest_pb2 import PrepareRequest, PrepareResponse
from sluice.v1.ingest_pb2_grpc import IngestServicer, add_IngestServicer_to_server
from sluice.v1.orchestrator_pb2 import (
    ModerateRequest,
    ModerateResponse,
    ModerateStreamResponse,
)
from sluice.v1.orchestrator_pb2_grpc import OrchestratorServicer, add_OrchestratorServicer_to_server
from sluice.v1.request_pb2 import Lane, ObjectReference, Request, Role, Stage

ID = "123e4567-e89b-42d3-a456-426614174000"
ALLOW = ModerateResponse(decision=Decision(request_id=ID, action=Action.ACTION_ALLOW, stage=Stage.STAGE_OUTPUT))


@dataclass
class Peer(OrchestratorServicer, IngestServicer):
    """Answers as told, and remembers what it was asked."""

    answer: ModerateResponse = field(default_factory=ModerateResponse)
    prepared: PrepareResponse = field(default_factory=PrepareResponse)
    failure: grpc.StatusCode | None = None
    times_full: int = 0
    requests: list[Request] = field(default_factory=list)
    parts: list[PrepareRequest] = field(default_factory=list)

    async def Moderate(self, request: ModerateRequest, context: Any) -> ModerateResponse:  # noqa: N802
        self.requests.append(request.request)
        if self.times_full:
            self.times_full -= 1
            refusal = refusal_of(OverloadedError("full", 0.01))
            await context.abort(refusal.code, refusal.detail, tuple(refusal.trailers()))
        if self.failure is not None:
            await context.abort(self.failure, "as the test says")
        return self.answer

    def ModerateStream(self, request_iterator: Any, context: Any) -> AsyncIterator[ModerateStreamResponse]:  # noqa: N802
        raise AssertionError("nobody streams here")

    async def Prepare(self, request_iterator: Any, context: Any) -> PrepareResponse:  # noqa: N802
        self.parts += [part async for part in request_iterator]
        return self.prepared


@dataclass
class Street:
    """A peer, and a sender that reaches it."""

    peer: Peer
    sender: Sender
    store: ObjectStore
    out: Path


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    peer = Peer()
    server = grpc.aio.server()
    add_OrchestratorServicer_to_server(peer, server)
    add_IngestServicer_to_server(peer, server)
    at = ServiceAt(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}", 1)
    await server.start()
    url = f"file://{tmp_path / 'objects'}"
    running = Running(1, "", "", url, "", {"orchestrator": at, "ingest": at})
    async with Sender.open(running, tmp_path / "out") as sender:
        yield Street(peer, sender, ObjectStore.open(url), tmp_path / "out")
    await server.stop(None)


def file_of(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / f"{len(data)}.png"
    path.write_bytes(data)
    return path


async def test_contents_have_the_roles_of_their_stage(street: Street, tmp_path: Path) -> None:
    street.peer.answer = ModerateResponse(decision=Decision(action=Action.ACTION_BLOCK))
    one, two = file_of(tmp_path, b"one"), file_of(tmp_path, b"second")
    for stage in (Stage.STAGE_PROMPT, Stage.STAGE_OUTPUT):
        await street.sender.moderate(Ask(ID, stage, prompt="p", transcript="t", images=(one,), uploads=(two,)))
    at_prompt, at_output = street.peer.requests
    assert [content.role for content in at_prompt.contents] == [
        Role.ROLE_PROMPT,
        Role.ROLE_TRANSCRIPT,
        Role.ROLE_UPLOAD,
        Role.ROLE_UPLOAD,
    ]
    assert at_output.contents[2].role == Role.ROLE_GENERATED
    assert [content.image for content in at_output.contents[2:]] == [b"one", b"second"]
    assert (at_output.id, at_output.deadline_ms, at_output.contents[0].text) == (ID, 60_000, "p")


@pytest.mark.parametrize("lane", [Lane.LANE_INTERACTIVE, Lane.LANE_BULK])
async def test_the_lane_is_told(street: Street, lane: Lane.ValueType) -> None:
    await street.sender.moderate(Ask(ID, prompt="p", lane=lane))
    assert street.peer.requests[0].lane == lane


async def test_whose_request_it_is_is_told(street: Street) -> None:
    street.peer.failure = grpc.StatusCode.INVALID_ARGUMENT
    outcome = await street.sender.moderate(Ask(ID, prompt="p", account="canary", tenant="acme"))
    subject = street.peer.requests[0].subject
    assert (subject.account_id, subject.tenant) == ("canary", "acme")
    assert "canary" not in repr(outcome)


async def test_an_empty_picture_is_asked_about_too(street: Street, tmp_path: Path) -> None:
    street.peer.answer = ModerateResponse(decision=Decision(action=Action.ACTION_BLOCK))
    await street.sender.moderate(Ask(ID, images=(file_of(tmp_path, b""),)))
    assert street.peer.requests[0].contents[0].WhichOneof("body") == "image"


async def test_a_large_picture_travels_by_reference(street: Street, tmp_path: Path) -> None:
    data = bytes(INLINE_BYTES + 1)
    reference = ObjectReference(uri="file:///o/1", sha256=b"\x01", size_bytes=5)
    street.peer.answer = ALLOW
    street.peer.prepared = PrepareResponse(reference=reference)
    await street.sender.moderate(Ask(ID, images=(file_of(tmp_path, data),)))
    header, *chunks = street.peer.parts
    assert header.header.role == Role.ROLE_UPLOAD
    assert b"".join(part.chunk for part in chunks) == data
    assert max(len(part.chunk) for part in chunks) == CHUNK_BYTES
    assert street.peer.requests[0].contents[0].reference == reference


async def test_many_small_pictures_do_not_make_a_request_too_large(street: Street, tmp_path: Path) -> None:
    street.peer.answer = ALLOW
    street.peer.prepared = PrepareResponse(reference=ObjectReference(uri="file:///o/1"))
    small = file_of(tmp_path, bytes(INLINE_BYTES))
    await street.sender.moderate(Ask(ID, uploads=(small,) * 8))
    bodies = [content.WhichOneof("body") for content in street.peer.requests[0].contents]
    assert bodies == ["image"] * 4 + ["reference"] * 4


async def test_what_ingest_does_not_keep_is_still_asked_about_by_its_digest(street: Street, tmp_path: Path) -> None:
    data = bytes(INLINE_BYTES + 1)
    street.peer.answer = ModerateResponse(decision=Decision(action=Action.ACTION_BLOCK))
    outcome = await street.sender.moderate(Ask(ID, images=(file_of(tmp_path, data),)))
    assert street.peer.requests[0].contents[0].reference == ObjectReference(
        sha256=hashlib.sha256(data).digest(), size_bytes=len(data)
    )
    assert outcome.decision is not None
    assert outcome.decision.action == Action.ACTION_BLOCK


async def test_the_signed_picture_of_an_allowed_output_is_written(street: Street) -> None:
    signed = await street.store.put("signed/x.png", b"picture", "image/png")
    street.peer.answer = ModerateResponse(decision=ALLOW.decision, asset=SignedAsset(signed=signed))
    outcome = await street.sender.moderate(Ask(ID, Stage.STAGE_OUTPUT))
    assert outcome.signed_file == street.out / f"{ID}.png"
    assert outcome.signed_file.read_bytes() == b"picture"
    assert [path.name for path in street.out.iterdir()] == [f"{ID}.png"]
    assert outcome.error == ""


async def test_a_signed_picture_with_other_bytes_is_not_written(street: Street) -> None:
    signed = await street.store.put("signed/x.png", b"picture", "image/png")
    signed.sha256 = hashlib.sha256(b"another").digest()
    street.peer.answer = ModerateResponse(decision=ALLOW.decision, asset=SignedAsset(signed=signed))
    outcome = await street.sender.moderate(Ask(ID, Stage.STAGE_OUTPUT))
    assert outcome.signed_file is None
    assert outcome.error.startswith("the signed picture was not fetched")
    assert not street.out.exists()


async def test_an_asset_of_a_request_that_was_not_allowed_is_not_fetched(street: Street) -> None:
    signed = await street.store.put("signed/x.png", b"picture", "image/png")
    blocked = Decision(request_id=ID, action=Action.ACTION_BLOCK, stage=Stage.STAGE_OUTPUT)
    street.peer.answer = ModerateResponse(decision=blocked, asset=SignedAsset(signed=signed))
    outcome = await street.sender.moderate(Ask(ID, Stage.STAGE_OUTPUT))
    assert outcome.signed_file is None
    assert outcome.asset is None


async def test_allowed_without_a_signed_picture_says_so(street: Street) -> None:
    street.peer.answer = ALLOW
    outcome = await street.sender.moderate(Ask(ID, Stage.STAGE_OUTPUT))
    assert outcome.decision == ALLOW.decision
    assert outcome.error == "allowed, but no signed picture came in time"


@pytest.mark.parametrize("code", [grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.ALREADY_EXISTS])
async def test_no_answer_is_no_decision(street: Street, code: grpc.StatusCode) -> None:
    street.peer.failure = code
    outcome = await street.sender.moderate(Ask(ID, prompt="x"))
    assert outcome.decision is None
    assert outcome.error == f"{code.name}: as the test says"


async def test_an_answer_without_a_decision_is_none(street: Street) -> None:
    assert (await street.sender.moderate(Ask(ID, prompt="x"))).decision is None


async def test_a_file_that_went_away_is_said(street: Street, tmp_path: Path) -> None:
    outcome = await street.sender.moderate(Ask(ID, images=(tmp_path / "gone.png",)))
    assert outcome.decision is None
    assert "gone.png: No such file" in outcome.error


async def test_a_stack_without_its_orchestrator_cannot_be_asked(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="no orchestrator"):
        async with Sender.open(Running(1, "", "", f"file://{tmp_path}", "", {}), tmp_path):
            pass


@pytest.mark.parametrize(
    ("media_type", "uri", "found"),
    [("image/jpeg", "file:///o/signed/x", "jpg"), ("", "s3://b/signed/x.WEBP", "webp"), ("image/png", "", "png")],
)
def test_the_file_name_says_what_kind_of_picture_it_is(media_type: str, uri: str, found: str) -> None:
    assert extension(ObjectReference(media_type=media_type, uri=uri)) == found


def test_what_is_no_picture_is_not_written() -> None:
    with pytest.raises(TerminalError, match="text/html"):
        extension(ObjectReference(media_type="text/html", uri="file:///o/x.html"))


async def test_a_door_that_is_full_is_asked_again_when_it_said(street: Street) -> None:
    street.peer.answer = ModerateResponse(decision=Decision(request_id=ID, action=Action.ACTION_BLOCK))
    street.peer.times_full = 3
    outcome = await street.sender.moderate(Ask(request_id=ID, prompt="a lighthouse"))
    assert outcome.decision is not None
    assert len(street.peer.requests) == 4


async def test_a_door_that_stays_full_is_no_decision(street: Street) -> None:
    street.peer.times_full = 1000
    outcome = await street.sender.moderate(Ask(request_id=ID, prompt="a lighthouse"))
    assert outcome.decision is None
    assert outcome.error.startswith("RESOURCE_EXHAUSTED")
