"""The signer as a service."""

import asyncio
import functools
from collections.abc import Mapping

import grpc.aio

from c2pa_signer.keyring import Keyring, Place
from c2pa_signer.keys_health import KeyHealth, looking
from c2pa_signer.rpc import C2paSignerRpc
from c2pa_signer.settings import SignerSettings, read_signer_settings
from c2pa_signer.sign import Signer
from c2pa_signer.stamps import Stamps
from c2pa_signer.stamps_door import StampDoor
from c2pa_signer.worker import SignerRecords, keep_allowed
from sluice.bus.clients import group_consumer, log_reader, transactional_producer
from sluice.bus.exactly_once import TransactionalReader
from sluice.bus.record import Record
from sluice.bus.scan import first
from sluice.bus.tail import SMALL_VALUES, LogTail
from sluice.bus.topics import Topic
from sluice.c2pa_streams import streams
from sluice.host.catch_up import CatchUp
from sluice.host.file_watch import watching
from sluice.host.hops import Hops
from sluice.host.room import Room
from sluice.host.service import Context, Service
from sluice.host.worker import Worker
from sluice.settings import KafkaSettings, Reader, sluice_home
from sluice.v1.c2pa_signer_pb2_grpc import add_C2paSignerServicer_to_server

GROUP = "sluice-c2pa-signer"
_IN_HAND = 512
"""Records of a topic that are read and not yet committed; bytes bound the memory. A paused topic is read again when
half of them are done, and the client takes up to a second for that: work must not run out meanwhile."""
_ABOUT_MS = 60_000
"""A transaction's records get their times when they arrive; it is over within a minute."""


def keep_value(record: Record) -> bytes:
    """A signed asset as it is."""
    return record.value


def decision_of_then(kafka: KafkaSettings, request_id: str, partition: int, at_ms: int) -> Record | None:
    """A request's decision, looked for in the log about the time when its picture was approved: both come in one
    transaction. RetryableError."""
    return first(kafka, Topic.DECISIONS, partition, request_id, max(1, at_ms - _ABOUT_MS), at_ms + _ABOUT_MS)


class SignerService(Service):
    """Turns approved assets into signed ones."""

    name = "c2pa-signer"
    rpc = "sluice.v1.C2paSigner"

    def __init__(self) -> None:
        self._servicer = C2paSignerRpc()
        self._own: SignerSettings | None = None
        self._context: Context | None = None
        self._tails: list[LogTail[bytes]] = []
        self._catch_up: CatchUp | None = None
        self._records: SignerRecords | None = None
        self._stamps: Stamps | None = None
        self._door: StampDoor | None = None
        self._ring: Keyring | None = None
        self._health: KeyHealth | None = None

    def configure(self, reader: Reader, env: Mapping[str, str]) -> None:
        self._own = read_signer_settings(reader, sluice_home(env), env)

    def add_rpc(self, server: grpc.aio.Server) -> None:
        add_C2paSignerServicer_to_server(self._servicer, server)

    async def open(self, context: Context) -> None:
        assert self._own is not None
        self._context = context
        if reason := streams().slow:
            context.log.info("pictures are signed the slow way", reason=reason)
        signer = await self._open_signer(self._own, context)
        kafka = context.settings.kafka
        decisions = LogTail(kafka, Topic.DECISIONS, keep_allowed, context.log, SMALL_VALUES)
        signed = LogTail(kafka, Topic.SIGNED, keep_value, context.log, SMALL_VALUES)
        self._tails = [decisions, signed]
        await asyncio.gather(decisions.start(), signed.start())
        self._catch_up = CatchUp(context.readiness, self._tails)
        await self._catch_up.start()
        self._records = SignerRecords(
            signer,
            context.store,
            decisions,
            signed,
            self._own.mining,
            self._own.concurrency,
            self._own.uploads,
            functools.partial(decision_of_then, kafka),
            context.spans,
        )
        self._servicer.room = Room.for_calls(context.settings)
        self._servicer.records = self._records

    async def _open_signer(self, own: SignerSettings, context: Context) -> Signer:
        if own.stamps:
            self._stamps = Stamps(own.stamps)
            self._door = StampDoor(self._stamps)
        place = Place(own.certs, own.key, self._door.url if self._door else "", own.env)
        # A key that lives elsewhere is asked over the network.
        self._ring = await asyncio.to_thread(Keyring, place)
        signer = Signer(self._ring, stamps=self._stamps, down=own.stamps_down)
        self._health = KeyHealth(self._ring, signer, self._stamps, context.readiness, context.metrics)
        return signer

    async def run(self, stop: asyncio.Event) -> None:
        own, context, records, ring, health = self._own, self._context, self._records, self._ring, self._health
        assert own is not None
        assert context is not None
        assert records is not None
        assert ring is not None
        assert health is not None
        settings = context.settings
        lanes = (Topic.APPROVED,)
        hops = Hops(GROUP, context.spans)
        handle = context.faults.slowed(records.handle)
        worker = Worker(
            self.name, lanes, handle, None, context.store, context.log, own.concurrency, hops, context.metrics
        )
        consumer = group_consumer(settings.kafka, GROUP, settings.instance)
        reader = TransactionalReader(
            consumer,
            lambda: transactional_producer(settings.kafka, f"{GROUP}-{settings.instance}"),
            lanes,
            worker.deliver,
            worker.refuse,
            _IN_HAND,
            context.log,
            settings.max_inflight_bytes,
            log_reader(settings.kafka),
        )
        async with watching([ring], context), looking(health):
            await worker.run_when_ready(reader, GROUP, context.readiness, stop, settings.drain_seconds)

    async def close(self) -> None:
        self._servicer.records = None
        if self._records is not None:
            self._records.close()
            self._records = None
        if self._catch_up is not None:
            await self._catch_up.close()
            self._catch_up = None
        for tail in self._tails:
            await tail.close()
        self._tails = []
        self._close_signer()

    def _close_signer(self) -> None:
        if self._door is not None:
            self._door.close()
        if self._stamps is not None:
            self._stamps.close()
        if self._ring is not None:
            self._ring.value.key.close()
        self._door = self._stamps = self._ring = self._health = None
