"""The gateway as a service: an HTTP server, what it asks, and the board that says whether it would be answered."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc.aio

from gateway import checks
from gateway.app import build_app
from gateway.auth import Gate
from gateway.follower import Follower
from gateway.follower_settings import FollowerSettings, read_follower_settings
from gateway.follower_watch import CONDITION, Behind, watch_logs
from gateway.housekeeping import forget_old, keep_house
from gateway.idempotency import RequestIds
from gateway.key_ring import KeyRing
from gateway.key_store import KeyStore
from gateway.limits import RateLimits
from gateway.links import Link, Shows
from gateway.parts import Parts
from gateway.policy import open_policy
from gateway.readiness import Condition, Watching, serves
from gateway.requests_later import Later
from gateway.road import GrpcRoad
from gateway.seed import NAME as NAME_OF_FIRST
from gateway.seed import Planted, plant
from gateway.server import HttpServer
from gateway.settings import GatewaySettings, read_gateway_settings
from gateway.usage import Usage
from sluice.bus.clients import admin_client
from sluice.client_tls import NAME, VARIABLE, watched_client_tls
from sluice.deadline import Deadline, now_ms
from sluice.errors import ConfigError, FatalError
from sluice.host.beside import run_beside
from sluice.host.file_watch import watching
from sluice.host.room import Room
from sluice.host.service import Context, Service
from sluice.policy.model import Policy
from sluice.refreshed import Refreshed
from sluice.settings import Reader, sluice_home
from sluice.telemetry.logging import Log
from sluice.tls_files import TlsFiles

_CHECKS_SECONDS: Final = 2.0
"""Between two looks at the checks' groups: a session is longer."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """What `open` took."""

    context: Context
    store: KeyStore
    parts: Parts
    server: HttpServer
    conditions: tuple[Watching, ...]
    follower: Follower
    policy: Refreshed[Policy] | None


class GatewayService(Service):
    """Answers HTTP. It decides nothing and writes no topic."""

    name = "gateway"
    writes = False

    def __init__(self) -> None:
        self._own: GatewaySettings | None = None
        self._following: FollowerSettings | None = None
        self._shows = Shows()
        self._certificate: Refreshed[TlsFiles] | None = None
        self._held = AsyncExitStack()
        self._opened: _Opened | None = None

    def configure(self, reader: Reader, env: Mapping[str, str]) -> None:
        self._own = read_gateway_settings(reader, sluice_home(env))
        self._following = read_follower_settings(reader)
        folder, name = env.get(VARIABLE, ""), env.get(NAME, "")
        if name and not folder:
            reader.problem(f"{NAME} needs {VARIABLE}: in plaintext nobody's name is checked")
        try:
            self._certificate = watched_client_tls(Path(folder).absolute()) if folder else None
        except ConfigError as error:
            for problem in error.problems:
                reader.problem(problem)
        self._shows = Shows(self._certificate, name)

    def add_rpc(self, server: grpc.aio.Server) -> None:
        """It has none of its own."""

    async def open(self, context: Context) -> None:
        own, following, held = self._own, self._following, self._held
        assert own is not None
        assert following is not None
        store = await KeyStore.open(own.database)
        held.push_async_callback(store.close)
        if own.seed:
            _tell(context.log, await plant(store, own.seed, now_ms()))
        await forget_old(store, now_ms())
        links = Link(own.orchestrator, self._shows), Link(own.ingest, self._shows)
        for link in links:
            held.push_async_callback(link.close)
        follower = Follower(context.settings.kafka, following, context.log, context.metrics, now_ms)
        held.push_async_callback(follower.close)
        await follower.start()
        await context.readiness.expect(CONDITION, "the log is not read to its end")
        policy = await asyncio.to_thread(open_policy, context.settings.policy, context.log)
        limits = RateLimits()
        parts = Parts(
            settings=own,
            road=GrpcRoad(*links, context.log),
            gate=Gate(KeyRing(store), limits, now_ms),
            usage=Usage(store, limits, now_ms),
            ids=RequestIds(await store.secret("request-ids")),
            follower=follower,
            later=Later(context.log, context.metrics, own.max_pending),
            database=store.database,
            policy=policy,
            store=context.store,
            readiness=context.readiness,
            stopping=asyncio.Event(),
            log=context.log,
            metrics=context.metrics,
            spans=context.spans,
            now=now_ms,
            sample=context.settings.trace_sample,
            inline_limit=context.settings.inline_limit,
        )
        app = build_app(parts, Room.for_calls(context.settings))
        server = HttpServer(app, context.settings.drain_seconds)
        held.push_async_callback(server.stop)
        conditions = [Watching(context.readiness, _conditions(links, store))]
        if own.ready_checks:
            there = checks.there(admin_client(context.settings.kafka), lambda: policy.value if policy else None)
            conditions.append(Watching(context.readiness, [there], _CHECKS_SECONDS))
        self._opened = _Opened(context, store, parts, server, tuple(conditions), follower, policy)

    async def run(self, stop: asyncio.Event) -> None:
        own, opened = self._own, self._opened
        assert own is not None
        assert opened is not None
        context, parts, server = opened.context, opened.parts, opened.server
        await asyncio.gather(*(watching.look() for watching in opened.conditions))
        # It joins no group: what it reads of the log has a line of its own on the board.
        await context.readiness.met("kafka")
        beside = (
            *(watching.run() for watching in opened.conditions),
            keep_house(opened.store, context.log, now_ms),
            watch_logs(opened.follower.tails, context.readiness, Behind(context.metrics)),
        )
        async with watching([source for source in (opened.policy, self._certificate) if source], context):
            context.log.info("HTTP door", address=await server.start(own.address))
            await run_beside(_serve(stop, server, parts, context.settings.drain_seconds), beside)

    async def close(self) -> None:
        self._opened = None
        await self._held.aclose()
        self._held = AsyncExitStack()


def _tell(log: Log, planted: Planted) -> None:
    """What became of the first key."""
    if planted is Planted.NEW:
        log.info("the first key was made; what the variable held before is revoked", variable=NAME_OF_FIRST)
    elif planted is Planted.REVOKED:
        log.warning("the first key is revoked, and opens nothing", variable=NAME_OF_FIRST)


async def _serve(stop: asyncio.Event, server: HttpServer, parts: Parts, drain_seconds: float) -> None:
    """Serves until it is told to stop, then answers what is in hand."""
    stopped = asyncio.create_task(stop.wait())
    ended = asyncio.create_task(server.ended())
    try:
        await asyncio.wait({stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done() and not stop.is_set():
            ended.result()
            raise FatalError("the HTTP server ended by itself")
        parts.stopping.set()
        limit = Deadline.after(drain_seconds)
        await server.stop()
        await parts.later.drain(max(1.0, limit.remaining()))
    finally:
        for task in (stopped, ended):
            task.cancel()
        await asyncio.gather(stopped, ended, return_exceptions=True)


def _conditions(links: tuple[Link, Link], store: KeyStore) -> tuple[Condition, ...]:
    """What an answer takes, beside the log."""
    orchestrator, ingest = links
    return (
        serves("orchestrator", orchestrator, "sluice.v1.Orchestrator"),
        serves("ingest", ingest, "sluice.v1.Ingest"),
        Condition("keys", store.ping),
    )
