"""The records as a service: written from the log, followed by an index, asked over gRPC and HTTP."""

import asyncio
from collections.abc import Mapping
from typing import ClassVar, Final

import grpc.aio

from provenance.asking import Asking
from provenance.consume import SignedRecords
from provenance.following import Following
from provenance.http_door import HttpDoor
from provenance.index import FingerprintIndex
from provenance.opened import open_records
from provenance.record import Records
from provenance.retention import Retention
from provenance.rpc import ProvenanceRpc
from provenance.seeing import Seeing
from provenance.settings import HTTP, MOST_PICTURE_BYTES, ProvenanceSettings, read_provenance_settings
from provenance.softbinding import SoftBinding
from provenance.trust import read_anchors
from provenance.watermark import Watermark
from sluice.bus.clients import group_consumer, log_reader
from sluice.bus.consumer import GroupReader
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.host.backlog import Backlog
from sluice.host.beside import run_beside
from sluice.host.hops import Hops
from sluice.host.room import Room
from sluice.host.service import Context, Service
from sluice.host.worker import Worker
from sluice.settings import Reader, sluice_home
from sluice.v1.provenance_pb2_grpc import add_ProvenanceServicer_to_server

GROUP: Final = "sluice-provenance"
_CONCURRENCY: Final = 8
_LOOKS: Final = 2
"""Pictures that are looked at at once, each by a child."""


class ProvenanceService(Service):
    """Keeps records of signed pictures, and says which of them a picture is."""

    name = "provenance"
    rpc = "sluice.v1.Provenance"
    max_message: ClassVar[int] = MOST_PICTURE_BYTES + (1 << 20)

    def __init__(self) -> None:
        self._servicer = ProvenanceRpc()
        self._own: ProvenanceSettings | None = None
        self._context: Context | None = None
        self._records: Records | None = None
        self._index: FingerprintIndex | None = None
        self._door: HttpDoor | None = None
        self._watermarks: list[Watermark] = []

    def configure(self, reader: Reader, env: Mapping[str, str]) -> None:
        self._own = read_provenance_settings(reader, sluice_home(env))

    def add_rpc(self, server: grpc.aio.Server) -> None:
        add_ProvenanceServicer_to_server(self._servicer, server)

    async def open(self, context: Context) -> None:
        own = self._own
        assert own is not None
        self._context = context
        anchors, stamps = await asyncio.gather(
            asyncio.to_thread(read_anchors, own.anchors), asyncio.to_thread(read_anchors, own.stamp_anchors)
        )
        self._watermarks = [Watermark.of_file(path) for path in own.watermark_keys]
        self._records = await open_records(own.database)
        self._index = FingerprintIndex()
        asking = Asking(
            self._records, self._index, context.store, anchors, own.max_image_bytes, self._watermarks, stamps
        )
        room = Room.for_calls(context.settings)
        self._servicer.room = room
        self._servicer.asking = asking
        if own.http:
            api = SoftBinding(self._records, asking.near, asking.matches, bool(self._watermarks))
            self._door = HttpDoor(api.answer, room, own.max_image_bytes, context.log)
            context.log.info("soft binding API", address=await self._door.start(own.http, HTTP))

    async def run(self, stop: asyncio.Event) -> None:
        context, own, records, index = self._context, self._own, self._records, self._index
        assert context is not None
        assert own is not None
        assert records is not None
        assert index is not None
        settings, readiness, metrics, log = context.settings, context.readiness, context.metrics, context.log
        seeing = Seeing(_LOOKS, self._watermarks, log)
        signed = SignedRecords(context.store, records, seeing.see, metrics, spans=context.spans)
        lanes = (Topic.SIGNED,)
        hops = Hops(GROUP, context.spans)
        handle = context.faults.slowed(signed.handle)
        worker = Worker(self.name, lanes, handle, context.producer, context.store, log, _CONCURRENCY, hops, metrics)
        reader = GroupReader(
            group_consumer(settings.kafka, GROUP, settings.instance),
            lanes,
            worker.deliver,
            settings.max_inflight,
            log,
            settings.max_inflight_bytes,
            log_reader(settings.kafka),
            records,
        )
        following = Following(records, index, readiness, metrics)
        written = Backlog(settings.kafka, Topic.SIGNED, records, readiness, "writing records")
        beside = [following.run(), written.run()]
        if own.keep_days:
            beside.append(Retention(records, following, own.keep_days, now_ms, metrics, log).run())
        try:
            await run_beside(worker.run_when_ready(reader, GROUP, readiness, stop, settings.drain_seconds), beside)
        finally:
            await seeing.close()

    async def close(self) -> None:
        self._servicer.asking = None
        if self._door is not None:
            await self._door.close()
            self._door = None
        if self._index is not None:
            await asyncio.to_thread(self._index.close)
            self._index = None
        if self._records is not None:
            await self._records.close()
            self._records = None
