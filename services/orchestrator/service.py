"""The orchestrator as a service: the decision loop on its thread, the gRPC road beside it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
from confluent_kafka import KafkaException

from orchestrator.beats import Standing
from orchestrator.clock import BrokerClock
from orchestrator.counts import Counts
from orchestrator.flow import Limits
from orchestrator.marks import TOPICS
from orchestrator.moderate import OrchestratorRpc, Road
from orchestrator.publish import STUCK_SECONDS, Publisher
from orchestrator.reading import ReadingOn
from orchestrator.recovery import Recovery
from orchestrator.recovery_clients import Clients, Renewed
from orchestrator.stream import DecisionLoop
from orchestrator.told import Told
from sluice.bus.clients import group_consumer, log_reader, transactional_producer
from sluice.bus.log_book import LogBook
from sluice.bus.problems import is_refusal, words
from sluice.bus.topics import Topic
from sluice.errors import FatalError, SluiceError
from sluice.host.catch_up import CatchUp
from sluice.host.file_watch import watching
from sluice.host.readiness import Readiness
from sluice.host.record_counts import watch_lag
from sluice.host.room import Room
from sluice.host.service import Context, Service
from sluice.policy.model import Policy
from sluice.policy.watch import watched_policy
from sluice.refreshed import Current, Refreshed
from sluice.settings import Reader
from sluice.v1.orchestrator_pb2_grpc import add_OrchestratorServicer_to_server

GROUP = "sluice-orchestrator"
_WATCH_SECONDS = 0.25
_STANDING_LOOKS = 240
"""A minute: far longer than any call of a client takes that keeps its time limit."""


class OrchestratorService(Service):
    """Turns verdicts into decisions."""

    name = "orchestrator"
    rpc = "sluice.v1.Orchestrator"

    def __init__(self) -> None:
        self._servicer = OrchestratorRpc()
        self._context: Context | None = None
        self._policy: Refreshed[Policy] | None = None
        self._remember = 0
        self._limits = Limits(1, 1, 1)
        self._decisions: LogBook | None = None
        self._signed: LogBook | None = None
        self._catch_up: CatchUp | None = None

    def configure(self, reader: Reader, env: Mapping[str, str]) -> None:  # noqa: ARG002 - read by the reader
        self._remember = reader.number("SLUICE_REMEMBER_IDS", 100_000, least=1000, most=10_000_000)
        most_bytes = reader.number("SLUICE_MAX_WAITING_BYTES", 256 << 20, least=1 << 20, most=64 << 30)
        self._limits = Limits(
            reader.number("SLUICE_MAX_WAITING_REQUESTS", 50_000, least=100, most=10_000_000),
            most_bytes,
            most_bytes // 2,
        )

    def add_rpc(self, server: grpc.aio.Server) -> None:
        add_OrchestratorServicer_to_server(self._servicer, server)

    async def open(self, context: Context) -> None:
        self._context = context
        settings = context.settings
        self._policy = await asyncio.to_thread(watched_policy, settings.policy)
        self._decisions = decisions = LogBook(settings.kafka, Topic.DECISIONS, context.log, self._remember)
        self._signed = signed = LogBook(settings.kafka, Topic.SIGNED, context.log, self._remember)
        await asyncio.gather(decisions.start(), signed.start())
        road = Road(self._policy, context.producer, decisions, signed, Room.for_calls(settings), context.log)

        def open_door() -> None:
            self._servicer.road = road

        # Only the door needs them: deciding goes on meanwhile.
        self._catch_up = CatchUp(context.readiness, [decisions, signed], open_door)
        await self._catch_up.start()

    async def run(self, stop: asyncio.Event) -> None:
        context, policy = self._context, self._policy
        assert context is not None
        assert policy is not None
        settings = context.settings
        stopping = threading.Event()
        clock = BrokerClock()
        counts = Counts(context.metrics)
        told = Told(GROUP, context.spans, context.log)
        publisher = Publisher(
            lambda: transactional_producer(settings.kafka, f"{GROUP}-{settings.instance}"),
            clock,
            stopping,
            told,
            counts,
        )
        consumer, ends = group_consumer(settings.kafka, GROUP, settings.instance), log_reader(settings.kafka)
        reading, recovery = ReadingOn(ends, consumer), self._recovery(context, policy)
        threads = {"the decision loop": publisher.beats, "recovery": recovery.beats}
        decider = DecisionLoop(
            consumer,
            publisher,
            recovery,
            policy,
            reading,
            self._limits,
            clock,
            context.log,
            context.metrics,
            stopping,
        )
        about = "Requests that are read and not decided."
        context.metrics.gauge_of("undecided", about, lambda: float(decider.undecided()))
        for topic in TOPICS:
            watch_lag(context.metrics, reading.lag, str(topic), GROUP)
        async with watching([policy], context), beginning(counts, policy):
            try:
                await self._decide(decider, publisher, Standing(threads, _STANDING_LOOKS), context, stop, stopping)
            finally:
                await asyncio.to_thread(told.close)

    async def close(self) -> None:
        if self._catch_up is not None:
            await self._catch_up.close()
            self._catch_up = None
        self._servicer.road = None
        for tail in (self._decisions, self._signed):
            if tail is not None:
                await tail.close()
        self._decisions = self._signed = None

    async def _decide(
        self,
        decider: DecisionLoop,
        publisher: Publisher,
        standing: Standing,
        context: Context,
        stop: asyncio.Event,
        stopping: threading.Event,
    ) -> None:
        """Runs the loop until it is to stop, or cannot go on."""
        watch = asyncio.create_task(_watch(decider, publisher, standing, context.readiness))
        working = _on_thread(decider.run)
        stopped = asyncio.create_task(stop.wait())
        ends: set[asyncio.Future[Any]] = {working, stopped, watch}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        stopping.set()
        stopped.cancel()
        if watch.done():
            watch.result()
        try:
            # A call that does not return must not keep a process that was told to stop.
            await asyncio.wait_for(working, STUCK_SECONDS)
        except TimeoutError:
            context.log.warning("stopped in the middle of a call; a restart recovers")
        except KafkaException as error:
            # The log is intact: the next start recovers from it.
            problem = error.args[0]
            context.log.error("decision loop failed", error=problem.name(), detail=problem.str())
            mend = "if a restart does not mend it, another process has the same SLUICE_INSTANCE"
            reason = words(problem) if is_refusal(problem) else f"{problem.str()}; {mend}"
            raise FatalError(f"the decision loop cannot go on: {reason}") from error
        finally:
            watch.cancel()

    def _recovery(self, context: Context, policy: Refreshed[Policy]) -> Recovery:
        kafka = context.settings.kafka

        def clients() -> Clients:
            return Clients(log_reader(kafka, group=GROUP), log_reader(kafka), log_reader(kafka, read_committed=False))

        return Recovery(Renewed(clients), policy, self._remember, context.log)


def _on_thread(work: Callable[[], None]) -> "asyncio.Future[None]":
    """Runs it on a thread that does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        # Of anything else the interpreter prints where it came from, and the process ends.
        ended: KafkaException | SluiceError | None = FatalError("the decision loop broke")
        try:
            work()
            ended = None
        except (KafkaException, SluiceError) as error:
            ended = error
        finally:
            loop.call_soon_threadsafe(settle, ended)

    threading.Thread(target=run, name="decisions", daemon=True).start()
    return done


@asynccontextmanager
async def beginning(counts: Counts, policy: Current[Policy]) -> AsyncIterator[None]:
    """Rules and checks of the policy in use count from 0, also those of one that is adopted inside."""

    async def follow() -> None:
        begun: Policy | None = None
        while True:
            if policy.value is not begun:
                begun = policy.value
                counts.begin(begun)
            await asyncio.sleep(_WATCH_SECONDS)

    following = asyncio.create_task(follow())
    try:
        yield
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _watch(decider: DecisionLoop, publisher: Publisher, standing: Standing, readiness: Readiness) -> None:
    """Keeps the readiness board true; FatalError where the loop hangs. An ordinary recovery is no reason to be taken
    out of service.
    """
    started = False
    while True:
        if publisher.hangs():
            raise FatalError("a transaction's call does not return; a restart ends the transaction and recovers")
        if name := standing.look():
            raise FatalError(f"{name} waits for a call that does not return; a restart recovers")
        reason = decider.waits_for()
        started = started or reason is None
        if reason is None or (started and not decider.stuck()):
            await readiness.met("kafka")
        else:
            await readiness.expect("kafka", reason)
        await asyncio.sleep(_WATCH_SECONDS)
