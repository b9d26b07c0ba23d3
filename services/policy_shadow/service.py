"""The shadow as a service: a reader of the decisions log, outside the loop that makes them."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import grpc.aio

from policy_shadow.records import ShadowRecords
from sluice.bus.clients import group_consumer, log_reader
from sluice.bus.consumer import GroupReader
from sluice.bus.producer import AsyncProducer
from sluice.bus.record import Outgoing
from sluice.bus.topics import Topic
from sluice.errors import RetryableError, TerminalError
from sluice.host.file_watch import watching
from sluice.host.hops import Hops
from sluice.host.service import Context, Service
from sluice.host.worker import Worker
from sluice.policy.decider import installed_decide
from sluice.policy.model import Policy
from sluice.policy.watch import watched_policy
from sluice.refreshed import Refreshed
from sluice.settings import Reader
from sluice.telemetry.logging import Log

GROUP = "sluice-policy-shadow"
VARIABLE = "SLUICE_SHADOW_POLICY"

_CONCURRENCY = 8
_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 1.0


class PolicyShadowService(Service):
    """Decides every recorded decision again, with the policy of SLUICE_SHADOW_POLICY."""

    name = "policy-shadow"

    def __init__(self) -> None:
        self._file = Path()
        self._context: Context | None = None
        self._policy: Refreshed[Policy] | None = None
        self._records: ShadowRecords | None = None

    def configure(self, reader: Reader, env: Mapping[str, str]) -> None:  # noqa: ARG002 - it reads by the reader
        self._file = Path(reader.text(VARIABLE)).absolute()

    def add_rpc(self, server: grpc.aio.Server) -> None:
        """It has no methods, only health."""

    async def open(self, context: Context) -> None:
        self._context = context
        self._policy = await asyncio.to_thread(watched_policy, self._file, "shadow-policy", VARIABLE)
        self._records = ShadowRecords(self._policy, installed_decide(), context.metrics, context.log, monotonic_ms)

    async def run(self, stop: asyncio.Event) -> None:
        context, policy, records = self._context, self._policy, self._records
        assert context is not None
        assert policy is not None
        assert records is not None
        settings = context.settings
        lanes = (Topic.DECISIONS,)
        hops = Hops(GROUP, context.spans)
        handle = context.faults.slowed(records.handle)
        worker = Worker(
            self.name,
            lanes,
            handle,
            context.producer,
            context.store,
            context.log,
            _CONCURRENCY,
            hops,
            context.metrics,
        )
        reader = GroupReader(
            # What was decided before there was a shadow is for `sluice policy replay`.
            group_consumer(settings.kafka, GROUP, settings.instance, begin="latest"),
            lanes,
            worker.deliver,
            settings.max_inflight,
            context.log,
            settings.max_inflight_bytes,
            log_reader(settings.kafka),
        )
        showing = asyncio.create_task(_show(records, context.producer, context.log))
        try:
            async with watching([policy], context):
                await worker.run_when_ready(reader, GROUP, context.readiness, stop, settings.drain_seconds)
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)
        try:
            async with asyncio.timeout(settings.drain_seconds):
                await _publish(records.rest(), context.producer, context.log)
        except TimeoutError:
            context.log.warning("the last samples were not published")


def monotonic_ms() -> int:
    """A clock that does not go back."""
    return time.monotonic_ns() // 1_000_000


async def _show(records: ShadowRecords, producer: AsyncProducer, log: Log) -> None:
    """Publishes what was held back, when it is due."""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        await _publish(records.due(), producer, log)


async def _publish(outgoing: Sequence[Outgoing], producer: AsyncProducer, log: Log) -> None:
    await asyncio.gather(*(_send(one, producer, log) for one in outgoing))


async def _send(outgoing: Outgoing, producer: AsyncProducer, log: Log) -> None:
    while True:
        try:
            await producer.send(outgoing)
        except RetryableError as error:
            log.warning("will try again", topic=outgoing.topic, error=str(error), seconds=_AGAIN_SECONDS)
            await asyncio.sleep(_AGAIN_SECONDS)
        except TerminalError as error:
            log.error("a sample was refused", topic=outgoing.topic, error=str(error))
            return
        else:
            return
