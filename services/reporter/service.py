"""The reporter as a service: incidents from the log, workers over a ledger, and a door for people."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import grpc.aio

from reporter.actions import announce
from reporter.bell import Bell
from reporter.counted import CountedTipline, CountedVault, call_counters
from reporter.desk import Desk
from reporter.evidence import opened
from reporter.exempting import exempting
from reporter.forms import CyberForms
from reporter.intake import Intake
from reporter.ledger import Ledger
from reporter.opened import take_ledger
from reporter.ports import Tipline
from reporter.publishing import Publishing
from reporter.round import Round
from reporter.rpc import Behind, ReporterRpc
from reporter.safe import Safe
from reporter.settings import ReporterSettings, read_reporter_settings
from reporter.steps import Steps
from reporter.upkeep import Upkeep
from reporter.watching import VAULT, LedgerWatch, StoreWatch, VaultWatch, ledger_away
from reporter.where import tiplines
from reporter.workers import Workers
from sluice.bus.clients import group_consumer, log_reader
from sluice.bus.consumer import GroupReader
from sluice.bus.record import Outgoing, Record
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.errors import RetryableError
from sluice.host.backlog import Backlog
from sluice.host.beside import run_beside
from sluice.host.hops import Hops
from sluice.host.room import Room
from sluice.host.service import Context, Service
from sluice.host.worker import Worker
from sluice.settings import Reader
from sluice.v1.reporter_pb2_grpc import add_ReporterServicer_to_server
from sluice.vault.store import Vault

GROUP: Final = "sluice-reporter"
_CONCURRENCY: Final = 8
_LANES: Final = (Topic.INCIDENTS,)


class ReporterService(Service):
    """Preserves what matched, asks a person, and reports it."""

    name = "reporter"
    rpc = "sluice.v1.Reporter"

    def __init__(self) -> None:
        self._servicer = ReporterRpc()
        self._bell = Bell()
        self._own: ReporterSettings | None = None
        self._context: Context | None = None
        self._ledger: Ledger | None = None
        self._vault: Vault | None = None
        self._tiplines: Mapping[bool, Tipline] = {}

    def configure(self, reader: Reader, env: Mapping[str, str]) -> None:
        self._own = read_reporter_settings(reader, env)

    def add_rpc(self, server: grpc.aio.Server) -> None:
        add_ReporterServicer_to_server(self._servicer, server)

    async def open(self, context: Context) -> None:
        own = self._own
        assert own is not None
        self._context = context
        calls = call_counters(context.metrics)
        found = await asyncio.to_thread(tiplines, own.tipline)
        self._tiplines = {test: CountedTipline(one, calls, context.readiness) for test, one in found.items()}
        try:
            self._ledger = await take_ledger(own.database, now_ms())
        except RetryableError as error:
            raise RetryableError(ledger_away(error)) from error
        # Incidents are taken in without it, and their originals kept from expiry.
        await context.readiness.expect(VAULT, "opening the vault")
        desk = Desk(self._ledger, announce, own.manner, now_ms)
        room = Room.for_calls(context.settings)
        self._servicer.behind = Behind(desk, self._ledger, room, context.log, self._bell.ring, self._tiplines.keys())

    async def run(self, stop: asyncio.Event) -> None:
        context, own, ledger = self._context, self._own, self._ledger
        assert context is not None
        assert own is not None
        assert ledger is not None
        settings, readiness, metrics, log = context.settings, context.readiness, context.metrics, context.log
        publishing = Publishing(ledger, context.producer.send)
        idle = asyncio.Event()

        async def work() -> None:
            try:
                await self._work(context, own, ledger, stop)
            finally:
                idle.set()

        async def publish() -> None:
            await Round("publish", self._bell, log).run(publishing.once, stop)

        async def consume() -> None:
            await self._consume(context, ledger, stop)
            await idle.wait()

        beside = (
            work(),
            publish(),
            LedgerWatch(ledger, readiness, metrics, now_ms, self._tiplines.keys()).run(),
            StoreWatch(context.store, readiness).run(),
            Backlog(settings.kafka, Topic.INCIDENTS, ledger, readiness, "taking incidents in").run(),
        )
        await run_beside(consume(), beside)

    async def close(self) -> None:
        self._servicer.behind = None
        if self._vault is not None:
            await asyncio.to_thread(self._vault.wrapper.close)
            self._vault = None
        if self._ledger is not None:
            await self._ledger.close()
            self._ledger = None

    async def _work(self, context: Context, own: ReporterSettings, ledger: Ledger, stop: asyncio.Event) -> None:
        """What needs the vault, as soon as it can be opened."""
        readiness, metrics, log = context.readiness, context.metrics, context.log
        self._vault = vault = await opened(own.vault, readiness, stop)
        if vault is None:
            return
        kept, forms = CountedVault(Safe(vault, context.store), metrics), CyberForms(own.reporter, now_ms)
        workers = Workers(
            [Steps(ledger, kept, self._tiplines, forms, announce, own.manner, now_ms) for _ in range(own.workers)],
            self._bell,
            log,
        )
        beside = (
            VaultWatch(vault, readiness).run(),
            Upkeep(vault, own.upkeep_hours, readiness, metrics, log).run(),
        )
        await run_beside(workers.run(stop, context.settings.drain_seconds), beside)

    async def _consume(self, context: Context, ledger: Ledger, stop: asyncio.Event) -> None:
        settings, log, intake = context.settings, context.log, Intake(ledger, now_ms, exempting(context.store))

        async def take_in(record: Record) -> Sequence[Outgoing]:
            outgoing = await intake.handle(record)
            self._bell.ring()
            return outgoing

        worker = Worker(
            self.name,
            _LANES,
            context.faults.slowed(take_in),
            context.producer,
            context.store,
            log,
            _CONCURRENCY,
            Hops(GROUP, context.spans),
            context.metrics,
        )
        reader = GroupReader(
            group_consumer(settings.kafka, GROUP, settings.instance),
            _LANES,
            worker.deliver,
            settings.max_inflight,
            log,
            settings.max_inflight_bytes,
            log_reader(settings.kafka),
            # A ledger that was lost, or is an old copy, gets again what it does not have.
            ledger,
        )
        await worker.run_when_ready(reader, GROUP, context.readiness, stop, settings.drain_seconds)
