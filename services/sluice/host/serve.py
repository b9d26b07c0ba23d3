"""The host's main: settings, signals, the gRPC server, and a service between them.

if __name__ == "__main__":
    sys.exit(serve(Ingest, os.environ))
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from sluice.bus.clients import admin_client, plain_producer
from sluice.bus.producer import AsyncProducer
from sluice.bus.write_rights import WriteRights
from sluice.errors import EX_CONFIG, ConfigError, FatalError, NotReadyError, RetryableError
from sluice.host.broker_access import BrokerAccess, watching_access
from sluice.host.door_settings import DoorSettings, read_door
from sluice.host.doors import Doors
from sluice.host.faults import Faults, read_faults
from sluice.host.file_watch import watching
from sluice.host.health_door import HealthDoor
from sluice.host.ops import OpsDoor
from sluice.host.readiness import DRAINING, START, Readiness
from sluice.host.rpc_counts import RpcCounts
from sluice.host.secured import Secured
from sluice.host.service import Context, Service
from sluice.objects import ObjectStore
from sluice.settings import Reader, Settings, read_settings
from sluice.telemetry.export import open_spans
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.otlp_metrics import OtlpMetrics, open_metrics
from sluice.telemetry.otlp_settings import OtlpSettings, read_otlp
from sluice.telemetry.process import ProcessNumbers
from sluice.telemetry.spans import Spans

_OPEN_AGAIN_SECONDS = 2.0
_DECLARED_SECONDS = 0.2
_NO_NUMBER: Final[Mapping[str, str | int]] = {"enable.idempotence": "false"}
"""An idempotent producer asks for its number at once, and no broker gives one to who may write nothing."""


def serve(factory: Callable[[], Service], env: Mapping[str, str]) -> int:
    """Runs a service until SIGTERM or SIGINT; returns the process's exit status."""
    service = factory()
    reader = Reader(env)
    try:
        settings = read_settings(reader, env)
        door = read_door(reader, settings.grpc_address)
        otlp = read_otlp(reader)
        faults = read_faults(reader, service.name)
        service.configure(reader, env)
        reader.finish()
        asyncio.run(_run(service, settings, door, otlp, faults))
    except ConfigError as error:
        for problem in error.problems:
            sys.stderr.write(f"{service.name}: {problem}\n")
        return EX_CONFIG
    except FatalError as error:
        sys.stderr.write(f"{service.name}: {error}\n")
        return 1
    return 0


async def _run(service: Service, settings: Settings, door: DoorSettings, otlp: OtlpSettings, faults: Faults) -> None:
    secured = Secured(door)
    log = Log(service.name, settings.log_level)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    readiness = Readiness(service.rpc, log)
    await readiness.expect(START, "starting")
    await faults.tell(log, readiness)
    metrics = Metrics(service.name)
    metrics.add(ProcessNumbers(service.name))
    ops = OpsDoor(service.name, readiness, metrics)
    if settings.ops_address:
        # First, so that whoever waits for this process learns what it waits for.
        log.info("operators' door", address=await ops.start(settings.ops_address))
    health = HealthDoor(readiness)
    spans = _open_spans(otlp, service.name, settings.instance, log, metrics)
    numbers = _open_metrics(otlp, service.name, settings, log, metrics)
    store = ObjectStore.open(settings.object_store)
    access = BrokerAccess(log)
    settings = replace(settings, kafka=replace(settings.kafka, heard=access.heard))
    producer = AsyncProducer(plain_producer(settings.kafka, {} if service.writes else _NO_NUMBER))
    calls = RpcCounts(metrics)
    doors = (*secured.interceptors(log, metrics), Doors(log, spans, settings.trace_sample, calls))
    server = _server(service, readiness, doors, secured.options)
    calls.begin(service.rpc)
    address = secured.listen(server, service.rpc, settings.grpc_address)
    context = Context(settings, log, readiness, producer, store, metrics, spans, faults)
    draining = asyncio.create_task(_announce_drain(stop, readiness))
    try:
        await server.start()
        log.info("listening", address=address, kind=secured.kind)
        await health.open(door.health, log)
        async with (
            watching(secured.sources, context),
            watching_access(access, producer, readiness, WriteRights(partial(admin_client, settings.kafka))),
        ):
            if await _open(service, context, stop):
                # Not ready until the service says that it has its partitions.
                await readiness.expect("kafka", "joining the consumer group")
                await readiness.met(START)
                log.info("running")
                if numbers:
                    # By then all that is counted is declared, and joining the group takes longer: 0 is told first.
                    asyncio.get_running_loop().call_later(_DECLARED_SECONDS, numbers.soon)
                await run_with(producer, service, stop)
    finally:
        draining.cancel()
        await readiness.expect(START, DRAINING)
        await server.stop(settings.drain_seconds)
        await service.close()
        await producer.close(settings.drain_seconds)
        last = [spans.close, *([numbers.close] if numbers else [])]
        await asyncio.gather(*(asyncio.to_thread(close) for close in last))
        await health.close()
        await ops.close()
        log.info("stopped")


def _server(
    service: Service,
    readiness: Readiness,
    doors: Sequence[grpc.aio.ServerInterceptor],
    options: Sequence[tuple[str, Any]],
) -> grpc.aio.Server:
    """A server with the service, health and reflection; `doors`: what each call passes, the first one first."""
    bounds = (("grpc.max_receive_message_length", service.max_message), ("grpc.so_reuseport", 0))
    server = grpc.aio.server(interceptors=doors, options=[*bounds, *options])
    health_pb2_grpc.add_HealthServicer_to_server(readiness.health, server)
    service.add_rpc(server)
    names = (service.rpc, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME)
    reflection.enable_server_reflection([name for name in names if name], server)
    return server


async def run_with(producer: AsyncProducer, service: Service, stop: asyncio.Event) -> None:
    """The service's run. A producer that can do nothing any more ends it, whoever it was that met the error."""
    running = asyncio.create_task(service.run(stop))
    try:
        await asyncio.wait({running, producer.failed}, return_when=asyncio.FIRST_COMPLETED)
        if producer.failed.done():
            stop.set()
        await running
    finally:
        running.cancel()
    if producer.failed.done():
        producer.failed.result()


def _open_spans(otlp: OtlpSettings, service: str, instance: str, log: Log, metrics: Metrics) -> Spans:
    try:
        return open_spans(otlp, service, instance, log, metrics)
    except OSError as error:
        raise FatalError(f"{error.filename}: {error.strerror}; OTEL_EXPORTER_OTLP_* name it") from error


def _open_metrics(
    otlp: OtlpSettings, service: str, settings: Settings, log: Log, metrics: Metrics
) -> OtlpMetrics | None:
    try:
        return open_metrics(otlp, service, settings.instance, log, metrics, settings.metrics_seconds)
    except OSError as error:
        raise FatalError(f"{error.filename}: {error.strerror}; OTEL_EXPORTER_OTLP_* name it") from error


async def _announce_drain(stop: asyncio.Event, readiness: Readiness) -> None:
    """From the first moment of a shutdown nobody should send anything new here."""
    await stop.wait()
    await readiness.expect(START, DRAINING)


async def _open(service: Service, context: Context, stop: asyncio.Event) -> bool:
    """Whether the service opened before it was told to stop. What it waits for is on the readiness board."""
    stopped = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            opening = asyncio.create_task(service.open(context))
            await asyncio.wait({opening, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not opening.done():
                opening.cancel()
                await asyncio.gather(opening, return_exceptions=True)
                return False
            try:
                opening.result()
            except (NotReadyError, RetryableError) as error:
                await service.close()
                await context.readiness.expect(START, str(error))
                await asyncio.wait({stopped}, timeout=_OPEN_AGAIN_SECONDS)
            else:
                return True
        return False
    finally:
        stopped.cancel()
