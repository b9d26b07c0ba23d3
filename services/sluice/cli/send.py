"""The road of `sluice moderate`: a request over gRPC to the stack, its decision and its signed picture back."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import grpc
import grpc.aio

from sluice.cli.ask import Ask
from sluice.client_tls import open_aio_channel, read_client_tls
from sluice.errors import NotReadyError, SluiceError, TerminalError
from sluice.local.state import Running
from sluice.objects import ObjectStore
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.ingest_pb2 import PrepareHeader, PrepareRequest
from sluice.v1.ingest_pb2_grpc import IngestStub
from sluice.v1.orchestrator_pb2 import ModerateRequest
from sluice.v1.orchestrator_pb2_grpc import OrchestratorStub
from sluice.v1.request_pb2 import Content, ObjectReference, Request, Role, Stage, Subject

INLINE_BYTES: Final = 900 << 10
"""Larger pictures go through Ingest.Prepare and travel by reference."""
INLINE_TOTAL_BYTES: Final = 4 << 20
"""So do those beyond this sum: a request is one gRPC message, of 8 MiB at most."""
CHUNK_BYTES: Final = 512 << 10
GRACE_SECONDS: Final = 30.0
"""How long an answer may take beyond the request's deadline: an allowed picture is still to be signed then."""

_MESSAGE_BYTES: Final = 8 << 20
_SIGNED_BYTES: Final = 256 << 20
_RETRIES: Final = {
    "maxAttempts": 5,
    "initialBackoff": "0.5s",
    "maxBackoff": "5s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["RESOURCE_EXHAUSTED"],
}
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", _MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MESSAGE_BYTES),
    # The stack is on this machine; no proxy that the environment names can reach it.
    ("grpc.enable_http_proxy", 0),
    # A door that is full says when to come back; gRPC waits that long and asks again by itself.
    ("grpc.service_config", json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": _RETRIES}]})),
)
_EXTENSIONS: Final = {
    "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif", "image/tiff": "tiff",
    "image/avif": "avif", "image/heic": "heic",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request. Without a decision `error` says why, and nothing is allowed.

    With one, `error` says what else went wrong: a signed picture that could not be fetched, for one.
    """

    request_id: str
    decision: Decision | None = None
    asset: SignedAsset | None = None
    signed_file: Path | None = None
    error: str = ""


class Sender:
    """Sends requests to a running stack. Safe for many at once."""

    def __init__(self, moderation: grpc.aio.Channel, ingest: grpc.aio.Channel, store: ObjectStore, out: Path) -> None:
        self._orchestrator = OrchestratorStub(moderation)
        self._ingest = IngestStub(ingest)
        self._store = store
        self._out = out

    @classmethod
    @asynccontextmanager
    async def open(cls, running: Running, out: Path) -> "AsyncIterator[Sender]":
        """A sender for a stack. `out`: where signed pictures go. NotReadyError where a service is missing,
        ConfigError where SLUICE_CLIENT_TLS_DIR is wrong."""
        missing = [name for name in ("orchestrator", "ingest") if name not in running.services]
        if missing:
            raise NotReadyError(f"the running stack has no {missing[0]}: `sluice up` without `--without` starts it")
        orchestrator = running.services["orchestrator"].address
        ingest = running.services["ingest"].address
        tls = read_client_tls(os.environ)
        async with (
            open_aio_channel(orchestrator, tls, _OPTIONS) as moderation,
            open_aio_channel(ingest, tls, _OPTIONS) as preparation,
        ):
            yield cls(moderation, preparation, ObjectStore.open(running.object_store), out)

    async def moderate(self, ask: Ask) -> Outcome:
        """Sends one request and waits for what comes of it. Raises nothing for what can go wrong on the way."""
        try:
            request = await self._request(ask)
            seconds = ask.deadline_ms / 1000 + GRACE_SECONDS
            answer = await self._orchestrator.Moderate(ModerateRequest(request=request), timeout=seconds)
        except grpc.aio.AioRpcError as error:
            return Outcome(ask.request_id, error=f"{error.code().name}: {error.details()}")
        except OSError as error:
            return Outcome(ask.request_id, error=f"{error.filename}: {error.strerror}")
        if not answer.HasField("decision"):
            return Outcome(ask.request_id, error="no decision in the answer")
        asset = answer.asset if answer.HasField("asset") else None
        return await self._fetch(ask, answer.decision, asset)

    async def _request(self, ask: Ask) -> Request:
        contents: list[Content] = []
        if ask.prompt is not None:
            contents.append(Content(role=Role.ROLE_PROMPT, text=ask.prompt))
        if ask.transcript is not None:
            contents.append(Content(role=Role.ROLE_TRANSCRIPT, text=ask.transcript))
        generated = Role.ROLE_GENERATED if ask.stage == Stage.STAGE_OUTPUT else Role.ROLE_UPLOAD
        pictures = [(path, generated) for path in ask.images] + [(path, Role.ROLE_UPLOAD) for path in ask.uploads]
        room = INLINE_TOTAL_BYTES
        for path, role in pictures:
            data = await asyncio.to_thread(path.read_bytes)
            if len(data) <= min(INLINE_BYTES, room):
                room -= len(data)
                contents.append(Content(role=role, image=data))
            else:
                contents.append(Content(role=role, reference=await self._prepare(data, role)))
        return Request(
            id=ask.request_id,
            generation_id=ask.generation_id,
            stage=ask.stage,
            operation=ask.operation,
            lane=ask.lane,
            subject=Subject(account_id=ask.account, age_band=ask.age_band, tenant=ask.tenant),
            contents=contents,
            deadline_ms=ask.deadline_ms,
        )

    async def _prepare(self, data: bytes, role: Role.ValueType) -> ObjectReference:
        """Stores a picture. One that ingest does not keep is still asked about, by its digest, and is decided so."""
        answer = await self._ingest.Prepare(_parts(data, role), timeout=GRACE_SECONDS)
        if answer.reference.uri:
            return answer.reference
        return ObjectReference(sha256=hashlib.sha256(data).digest(), size_bytes=len(data))

    async def _fetch(self, ask: Ask, decision: Decision, asset: SignedAsset | None) -> Outcome:
        """Writes the signed picture of an allowed output, whole or not at all."""
        allowed_output = decision.action == Action.ACTION_ALLOW and decision.stage == Stage.STAGE_OUTPUT
        if asset is None or not allowed_output:
            error = "allowed, but no signed picture came in time" if allowed_output else ""
            return Outcome(ask.request_id, decision, error=error)
        try:
            data = await self._store.get(asset.signed, _SIGNED_BYTES)
            target = self._out / f"{ask.request_id}.{extension(asset.signed)}"
            await asyncio.to_thread(_write, target, data)
        except (SluiceError, OSError) as error:
            return Outcome(ask.request_id, decision, asset, error=f"the signed picture was not fetched: {error}")
        return Outcome(ask.request_id, decision, asset, target)


def extension(reference: ObjectReference) -> str:
    """The file name extension for a stored picture, without the dot. TerminalError for what is no picture."""
    known = _EXTENSIONS.get(reference.media_type)
    suffix = PurePosixPath(reference.uri).suffix.removeprefix(".").lower()
    found = known or (suffix if suffix in _EXTENSIONS.values() else None)
    if found is None:
        raise TerminalError(f"a signed picture of type {reference.media_type!r}")
    return found


async def _parts(data: bytes, role: Role.ValueType) -> AsyncIterator[PrepareRequest]:
    yield PrepareRequest(header=PrepareHeader(role=role))
    for at in range(0, len(data), CHUNK_BYTES):
        yield PrepareRequest(chunk=data[at : at + CHUNK_BYTES])


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.part")
    fresh.write_bytes(data)
    fresh.replace(target)
