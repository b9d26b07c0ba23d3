"""The orchestrator as a service: the decision loop on its thread, the gRPC road beside it."""

import asyncio
import threading
from collections.abc import Mapping

import grpc.aio
from confluent_kafka import KafkaException

from orchestrator.moderate import OrchestratorRpc, Road, keep_value
from orchestrator.recovery import Recovery
from orchestrator.stream import DecisionLoop
from sluice.bus.clients import group_consumer, log_reader, transactional_producer
from sluice.bus.tail import LogTail
from sluice.bus.topics import Topic
from sluice.deadline import Deadline
from sluice.errors import FatalError
from sluice.host.service import Context, Service
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.settings import Reader
from sluice.v1.orchestrator_pb2_grpc import add_OrchestratorServicer_to_server

GROUP = "sluice-orchestrator"
_TAIL_SECONDS = 3600.0
"""How long reading the log back may take at start; the service is not ready meanwhile, and can be stopped."""


class OrchestratorService(Service):
    """Turns verdicts into decisions."""

    name = "orchestrator"
    rpc = "sluice.v1.Orchestrator"

    def __init__(self) -> None:
        self._servicer = OrchestratorRpc()
        self._context: Context | None = None
        self._policy: Policy | None = None
        self._remember = 0
        self._decisions: LogTail[bytes] | None = None
        self._signed: LogTail[bytes] | None = None

    def configure(self, reader: Reader, env: Mapping[str, str]) -> None:  # noqa: ARG002 - read by the reader
        self._remember = reader.number("SLUICE_REMEMBER_IDS", 100_000, least=1000, most=10_000_000)

    def add_rpc(self, server: grpc.aio.Server) -> None:
        add_OrchestratorServicer_to_server(self._servicer, server)

    async def open(self, context: Context) -> None:
        self._context = context
        settings = context.settings
        self._policy = load(settings.policy)
        self._decisions = LogTail(settings.kafka, Topic.DECISIONS, keep_value, context.log)
        self._signed = LogTail(settings.kafka, Topic.SIGNED, keep_value, context.log)
        deadline = Deadline.after(_TAIL_SECONDS)
        await asyncio.gather(self._decisions.start(deadline), self._signed.start(deadline))
        self._servicer.road = Road(self._policy, context.producer, self._decisions, self._signed)

    async def run(self, stop: asyncio.Event) -> None:
        context, policy = self._context, self._policy
        assert context is not None
        assert policy is not None
        readiness, kafka = context.readiness, context.settings.kafka
        loop = asyncio.get_running_loop()
        assigned = asyncio.Event()
        stopping = threading.Event()
        consumer = group_consumer(kafka, GROUP, context.settings.instance)
        decisions, ends = log_reader(kafka), log_reader(kafka, read_committed=False)
        recovery = Recovery(consumer, decisions, ends, policy, self._remember, stopping.is_set, context.log)
        producer = transactional_producer(kafka, f"{GROUP}-{context.settings.instance}")
        decider = DecisionLoop(consumer, producer, recovery, context.log, lambda: _set(loop, assigned), stopping)
        await readiness.expect("kafka", f"waiting for partitions of group {GROUP}")
        working = asyncio.create_task(asyncio.to_thread(decider.run))
        watching = asyncio.create_task(self._watch(assigned))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopping.set()
        for task in (watching, stopped):
            task.cancel()
        try:
            await working
        except KafkaException as error:
            # The log is intact: the next start recovers from it.
            problem = error.args[0]
            context.log.error("decision loop failed", error=problem.name(), detail=problem.str())
            raise FatalError(
                f"the decision loop cannot go on: {problem.str()}; "
                "two processes with one SLUICE_INSTANCE throw each other out"
            ) from error
        finally:
            decisions.close()
            ends.close()

    async def close(self) -> None:
        self._servicer.road = None
        for tail in (self._decisions, self._signed):
            if tail is not None:
                await tail.close()
        self._decisions = self._signed = None

    async def _watch(self, assigned: asyncio.Event) -> None:
        assert self._context is not None
        await assigned.wait()
        await self._context.readiness.met("kafka")


def _set(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    loop.call_soon_threadsafe(event.set)
