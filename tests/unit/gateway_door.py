"""The gateway's HTTP door in this process, on a port of its own: real keys in SQLite, and a road that answers from
what a test says."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2

from gateway.app import build_app
from gateway.auth import Gate
from gateway.errors import ApiError
from gateway.idempotency import RequestIds
from gateway.key_ring import KeyRing
from gateway.key_store import KeyStore
from gateway.keys import Key, digest_of, new_id, new_secret
from gateway.limits import RateLimits
from gateway.links import Link, Shows
from gateway.parts import Parts
from gateway.requests_later import Later
from gateway.scopes import Limits, Scope
from gateway.server import HttpServer
from gateway.settings import GatewaySettings
from gateway.usage import Usage
from sluice.contract.digests import body_sha256, request_digest
from sluice.deadline import Deadline
from sluice.host.readiness import Readiness
from sluice.host.room import Room
from sluice.objects import ObjectStore
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.spans import NoSpans, Spans
from sluice.telemetry.trace_context import TraceContext
from sluice.v1.decision_pb2 import ACTION_ALLOW, Action, ContentSummary, Decision, Input
from sluice.v1.ingest_pb2 import PrepareResponse
from sluice.v1.orchestrator_pb2 import ModerateResponse
from sluice.v1.request_pb2 import ObjectReference, Request, Role
from sluice.v1.verdict_pb2 import STATUS_OK, ContentResult

NOW_MS = 1_795_000_000_000
"""2026-11-18T12:26:40Z."""


def decision_of(request: Request, action: Action.ValueType = ACTION_ALLOW, **fields: Any) -> Decision:
    """A complete decision on a request, every content of which the check "text" found harmless."""
    contents = [
        ContentSummary(
            id=f"c{at}",
            role=content.role,
            sha256=body_sha256(content),
            kind="text" if content.WhichOneof("body") == "text" else "image",
        )
        for at, content in enumerate(request.contents)
    ]
    results = [ContentResult(content_id=one.id, status=STATUS_OK, scores={"sexual": 0.01}) for one in contents]
    whole = Decision(
        request_id=request.id,
        stage=request.stage,
        tenant=request.subject.tenant,
        action=action,
        complete=True,
        policy_version="7",
        content_digest=request_digest(request),
        contents=contents,
        inputs=[Input(check="text", results=results)],
    )
    whole.MergeFrom(Decision(**fields))
    return whole


@dataclass(slots=True)
class TableRoad:
    """`Road`. `answer` makes the answer to a request, or raises; so does `prepares` for bytes."""

    answer: Callable[[Request], ModerateResponse] = lambda request: ModerateResponse(decision=decision_of(request))
    prepares: Callable[[bytes], PrepareResponse] | None = None
    asked: list[Request] = field(default_factory=list)
    traces: list[TraceContext | None] = field(default_factory=list)
    prepared: list[bytes] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    wait: asyncio.Event | None = None
    """Where set, answers wait for it."""

    async def moderate(
        self, request: Request, deadline: Deadline, trace: TraceContext | None = None
    ) -> ModerateResponse:
        """What the table says."""
        self.asked.append(request)
        self.traces.append(trace)
        if self.wait is not None:
            await self.wait.wait()
        return self.answer(request)

    async def prepare(
        self, data: bytes, role: Role.ValueType, media_type: str, deadline: Deadline
    ) -> PrepareResponse:
        """A reference, unless `prepares` says something else."""
        self.prepared.append(data)
        if self.prepares is not None:
            return self.prepares(data)
        digest = body_sha256(Request().contents.add(image=data))
        return PrepareResponse(
            reference=ObjectReference(uri="file:///o/it", sha256=digest, size_bytes=len(data), media_type="image/png")
        )

    async def fetch(self, uri: str, role: Role.ValueType, deadline: Deadline) -> PrepareResponse:
        """The same of an address."""
        self.fetched.append(uri)
        return await self.prepare(uri.encode(), role, "", deadline)


@dataclass(slots=True)
class Door:
    """A door that is open. `client` shows a key for everything; `said` is the log."""

    url: str
    client: httpx2.AsyncClient
    parts: Parts
    store: KeyStore
    server: HttpServer
    road: TableRoad
    secret: str
    said: io.StringIO

    async def key(self, scopes: Sequence[Scope] = tuple(Scope), limits: Limits | None = None, **fields: Any) -> str:
        """A fresh key."""
        secret = new_secret()
        key = Key(new_id(), "test", digest_of(secret), "tenant-1", frozenset(scopes), limits or Limits(), NOW_MS)
        assert await self.store.add(replace(key, **fields))
        return secret


@asynccontextmanager
async def linked(address: str, shows: Shows | None = None) -> AsyncIterator[Link]:
    """A link of a gateway's; in plaintext, unless it shows something."""
    link = Link(address, shows or Shows())
    yield link
    await link.close()


def bearer(secret: str) -> dict[str, str]:
    """The header that shows a key."""
    return {"authorization": f"Bearer {secret}"}


@asynccontextmanager
async def open_door(
    folder: Path,
    road: TableRoad | None = None,
    settings: GatewaySettings | None = None,
    spans: Spans | None = None,
    room: Room | None = None,
    drain_seconds: int = 5,
    **more: Any,
) -> AsyncIterator[Door]:
    """A door over a road. `more`: fields of `Parts`."""
    said = io.StringIO()
    log, metrics = Log("gateway", stream=said), Metrics("gateway")
    store = await KeyStore.open(str(folder / "gateway.db"))
    limits, taken = RateLimits(), road or TableRoad()
    parts = Parts(
        settings=settings or GatewaySettings("127.0.0.1:0", "nobody:1", "nobody:1", str(folder / "gateway.db")),
        road=taken,
        gate=Gate(KeyRing(store), limits, lambda: NOW_MS),
        usage=Usage(store, limits, lambda: NOW_MS),
        ids=RequestIds(await store.secret("request-ids")),
        follower=None,
        later=Later(log, metrics, 10),
        database=store.database,
        policy=None,
        store=ObjectStore.open(f"file://{folder / 'objects'}"),
        readiness=Readiness("", log),
        stopping=asyncio.Event(),
        log=log,
        metrics=metrics,
        spans=spans or NoSpans(),
        now=lambda: NOW_MS,
    )
    parts = replace(parts, **more)
    server = HttpServer(build_app(parts, room or Room(100, 64 << 20)), drain_seconds)
    address = await server.start("127.0.0.1:0")
    url = f"http://{address}"
    try:
        async with httpx2.AsyncClient(base_url=url, timeout=30) as client:
            door = Door(url, client, parts, store, server, taken, "", said)
            door.secret = await door.key()
            client.headers.update(bearer(door.secret))
            yield door
    finally:
        await server.stop()
        await store.close()


def raising(error: ApiError) -> Callable[[Request], ModerateResponse]:
    """A road's answer that is none."""

    def refuse(_request: Request) -> ModerateResponse:
        raise error

    return refuse
