"""A check as a service: `serve_check(TextClassifier, os.environ)` is all that a check's main says."""

import asyncio
from collections.abc import Mapping

import grpc.aio

from sluice.bus.clients import group_consumer, log_reader
from sluice.bus.consumer import GroupReader
from sluice.bus.topics import Topic
from sluice.check import Check, Example, Health, Status
from sluice.deadline import Deadline
from sluice.errors import NotReadyError, OverloadedError
from sluice.host.batching import Batcher
from sluice.host.check_counts import CheckCounts, ModelSeconds
from sluice.host.check_records import CheckRecords
from sluice.host.check_rpc import CheckRpc, add_check_rpc
from sluice.host.faulty_check import with_faults
from sluice.host.file_watch import watching
from sluice.host.hops import Hops
from sluice.host.serve import serve
from sluice.host.service import Context, Service
from sluice.host.worker import Worker
from sluice.models.held import Held, holding
from sluice.models.timed import timing
from sluice.settings import Reader

CANARY_SECONDS = 20.0
"""How often a running check is asked its canary; also the canary's own deadline, for a machine under load."""
TROUBLE_SECONDS = 1.0
"""How often it is looked whether an engine is in trouble, and how soon one that is gets asked again."""


class CheckService(Service):
    """Hosts one check behind its two doors, with one batching queue."""

    def __init__(self, check: type[Check]) -> None:
        # One class hosts every check, so these are the instance's own here.
        self.name = check.service_name  # type: ignore[misc]
        self.rpc = f"sluice.v1.{check.service}" if check.service else ""  # type: ignore[misc]
        self._type = check
        self._reader = Reader({})
        self._context: Context | None = None
        self._check: Check | None = None
        self._batcher: Batcher | None = None
        self._counts: CheckCounts | None = None
        self._rpc: CheckRpc | None = None
        self._held = Held()
        self._canary: Example | None = None
        self._notes: tuple[str, ...] = ()
        self._health = Health()

    def configure(self, reader: Reader, env: Mapping[str, str]) -> None:  # noqa: ARG002 - a check reads by the reader
        self._reader = reader

    def add_rpc(self, server: grpc.aio.Server) -> None:
        if self._type.service:
            add_check_rpc(server, self._type.service, lambda: self._rpc)

    async def open(self, context: Context) -> None:
        self._context = context
        with holding(self._held), timing(ModelSeconds(context.metrics).took):
            self._check = with_faults(await self._type.open(context.settings, self._reader), context.faults)
        self._counts = CheckCounts(context.metrics, self._check.name)
        self._batcher = Batcher(self._check, context.settings.max_inflight, context.log, context.spans, self._counts)
        self._batcher.start()
        # Once: drawing and digesting a picture takes a quarter of a second.
        self._canary = self._type.examples()[0]
        await self._ask_canary()
        await self._tell_health()
        self._rpc = CheckRpc(
            self._check,
            self._batcher,
            context.store,
            context.settings.max_inflight,
            context.log,
            context.spans,
            self._counts,
        )

    async def run(self, stop: asyncio.Event) -> None:
        context, check, batcher = self._context, self._check, self._batcher
        assert context is not None
        assert check is not None
        assert batcher is not None
        settings = context.settings
        group = f"sluice-{check.name}"
        records = CheckRecords(check, batcher, context.store, context.spans, self._counts)
        lanes = (Topic.CONTENTS, Topic.CONTENTS_BULK)
        worker = Worker(
            self.name,
            lanes,
            context.faults.silenced(context.faults.slowed(records.handle)),
            context.producer,
            context.store,
            context.log,
            settings.max_inflight,
            Hops(group, context.spans, {"sluice.check": check.name}),
            context.metrics,
        )
        consumer = group_consumer(settings.kafka, group, settings.instance)
        group_reader = GroupReader(
            consumer,
            lanes,
            worker.deliver,
            settings.max_inflight,
            context.log,
            settings.max_inflight_bytes,
            log_reader(settings.kafka),
        )
        asking = asyncio.create_task(self._keep_asking())
        try:
            async with watching(check.refreshed(), context):
                await worker.run_when_ready(group_reader, group, context.readiness, stop, settings.drain_seconds)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def close(self) -> None:
        self._rpc = None
        if self._batcher is not None:
            await self._batcher.close()
            self._batcher = None
        if self._check is not None:
            await self._check.close()
            self._check = None
        await self._held.close()

    async def _keep_asking(self) -> None:
        assert self._context is not None
        readiness = self._context.readiness
        while True:
            await self._until_due()
            try:
                await self._ask_canary()
                await readiness.met("canary")
            except NotReadyError as error:
                await readiness.expect("canary", str(error))

    async def _until_due(self) -> None:
        """CANARY_SECONDS, or less where a model's engine is in trouble."""
        waited = 0.0
        while waited < CANARY_SECONDS:
            await asyncio.sleep(TROUBLE_SECONDS)
            waited += TROUBLE_SECONDS
            await self._tell_health()
            if self._held.troubled:
                return

    async def _tell_health(self) -> None:
        """What the check says of itself, on the board and in the metrics."""
        assert self._context is not None
        assert self._check is not None
        readiness, found = self._context.readiness, self._check.health()
        for condition in self._health.reasons.keys() - found.reasons.keys():
            await readiness.met(condition)
        for condition, reason in found.reasons.items():
            await readiness.expect(condition, reason)
        for about in self._health.notes.keys() - found.notes.keys():
            readiness.note(about, None)
        for about, text in found.notes.items():
            readiness.note(about, text)
        shown = {(gauge.name, tuple(gauge.labels.items())) for gauge in found.gauges}
        for gauge in self._health.gauges:
            if (gauge.name, tuple(gauge.labels.items())) not in shown:
                self._context.metrics.drop(gauge.name, gauge.labels)
        for gauge in found.gauges:
            self._context.metrics.gauge(gauge.name, gauge.about, gauge.value, gauge.labels)
        self._health = found

    async def _ask_canary(self) -> None:
        """A real answer to a known question: a model that is loaded but dead is not ready. Every model is asked, also
        those that the check's own canary does not reach."""
        assert self._batcher is not None
        assert self._context is not None
        notes = await self._held.probe()
        for note in notes:
            # Once for as long as it lasts.
            if note not in self._notes:
                self._context.log.warning("an engine is in trouble", detail=note)
        self._notes = notes
        example = self._canary
        assert example is not None
        try:
            result = await self._batcher.submit(example.item, Deadline.after(CANARY_SECONDS))
        except OverloadedError:
            return
        if result.status is not Status.OK or not example.holds(result):
            raise NotReadyError(f"the canary {example.name!r} got {result.status} {result.detail}".strip())


def serve_check(check: type[Check], env: Mapping[str, str]) -> int:
    """Runs a check as a process; returns its exit status."""
    return serve(lambda: CheckService(check), env)
