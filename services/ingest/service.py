"""Ingest as a service: the one room that reads strangers' bytes."""

import asyncio
from collections.abc import Mapping

import grpc.aio

from ingest.decoder.pool import DecoderPool
from ingest.images import ImageCounts
from ingest.prepare import Preparer
from ingest.rpc import IngestRpc
from ingest.settings import IngestSettings, read_ingest_settings
from ingest.traced import Tracing
from ingest.worker import IngestRecords, PromptAnswer, read_answer
from sluice.bus.clients import group_consumer, log_reader, transactional_producer
from sluice.bus.exactly_once import TransactionalReader
from sluice.bus.find import finder
from sluice.bus.tail import SMALL_VALUES, LogTail
from sluice.bus.topics import Topic
from sluice.host.catch_up import CatchUp
from sluice.host.file_watch import watching
from sluice.host.hops import Hops
from sluice.host.room import Room
from sluice.host.service import Context, Service
from sluice.host.worker import Worker
from sluice.policy.model import Policy
from sluice.policy.watch import watched_policy
from sluice.refreshed import Refreshed
from sluice.settings import Reader, read_settings
from sluice.v1.ingest_pb2_grpc import add_IngestServicer_to_server

GROUP = "sluice-ingest"
_CONCURRENCY = 32
_IN_HAND = 4096
"""Records of a topic that are read and not yet committed; bytes bound the memory. A paused topic is read again when
half of them are done, and the client takes up to a second for that: work must not run out meanwhile."""


class IngestService(Service):
    """Turns requests into contents records."""

    name = "ingest"
    rpc = "sluice.v1.Ingest"

    def __init__(self) -> None:
        self._servicer = IngestRpc()
        self._own: IngestSettings | None = None
        self._context: Context | None = None
        self._pool: DecoderPool | None = None
        self._decisions: LogTail[PromptAnswer] | None = None
        self._catch_up: CatchUp | None = None
        self._records: IngestRecords | None = None
        self._policy: Refreshed[Policy] | None = None

    def configure(self, reader: Reader, env: Mapping[str, str]) -> None:
        self._own = read_ingest_settings(reader, read_settings(reader, env))

    def add_rpc(self, server: grpc.aio.Server) -> None:
        add_IngestServicer_to_server(self._servicer, server)

    async def open(self, context: Context) -> None:
        assert self._own is not None
        self._context = context
        self._policy = policy = await asyncio.to_thread(watched_policy, context.settings.policy)
        self._pool = await DecoderPool.open(self._own)
        preparer = Preparer(context.store, self._pool, self._own, spans=context.spans)
        self._decisions = LogTail(context.settings.kafka, Topic.DECISIONS, read_answer, context.log, SMALL_VALUES)
        await self._decisions.start()
        # Who needs a decision waits until its partition has been read; the others need not.
        self._catch_up = CatchUp(context.readiness, [self._decisions])
        await self._catch_up.start()
        tracing = Tracing(context.spans, context.settings.trace_sample)
        find, images = finder(context.settings.kafka), ImageCounts(context.metrics)
        self._records = IngestRecords(preparer, policy, self._decisions, find, tracing, images)
        self._servicer.most_bytes = self._own.max_image_bytes
        self._servicer.room = Room.for_calls(context.settings)
        self._servicer.preparer = preparer

    async def run(self, stop: asyncio.Event) -> None:
        context, records, policy = self._context, self._records, self._policy
        assert context is not None
        assert records is not None
        assert policy is not None
        settings = context.settings
        lanes = (Topic.REQUESTS, Topic.RELEASES, Topic.REQUESTS_BULK)
        hops = Hops(GROUP, context.spans)
        handle = context.faults.slowed(records.handle)
        worker = Worker(
            self.name, lanes, handle, None, context.store, context.log, _CONCURRENCY, hops, context.metrics
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
        async with watching([policy], context):
            await worker.run_when_ready(reader, GROUP, context.readiness, stop, settings.drain_seconds)

    async def close(self) -> None:
        self._servicer.preparer = None
        if self._catch_up is not None:
            await self._catch_up.close()
            self._catch_up = None
        if self._decisions is not None:
            await self._decisions.close()
            self._decisions = None
        if self._pool is not None:
            await self._pool.close()
            self._pool = None
