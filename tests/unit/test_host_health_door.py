"""Health for who has no certificate: the answers of the service, and nothing else."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from sluice.errors import FatalError
from sluice.host.health_door import CALLS_OF_ONE, HealthDoor
from sluice.host.readiness import LIVE, Readiness
from sluice.telemetry.logging import Log

Status = health_pb2.HealthCheckResponse


@asynccontextmanager
async def door(seconds: float = 60) -> AsyncIterator[tuple[Readiness, grpc.aio.Channel]]:
    """`seconds`: how long a call may take to bring its message."""
    readiness = Readiness("sluice.v1.Test", Log("test", stream=io.StringIO()))
    found = HealthDoor(readiness, seconds)
    address = await found.start("127.0.0.1:0")
    async with grpc.aio.insecure_channel(address) as channel:
        yield readiness, channel
    await found.close()


async def test_its_answers_are_those_of_the_service() -> None:
    async with door() as (readiness, channel):
        stub: Any = health_pb2_grpc.HealthStub(channel)

        async def asked(name: str) -> int:
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=name))
            return int(answer.status)

        await readiness.expect("start", "starting")
        assert [await asked(name) for name in ("", "sluice.v1.Test", LIVE)] == [
            Status.NOT_SERVING,
            Status.NOT_SERVING,
            Status.SERVING,
        ]
        await readiness.met("start")
        assert await asked("") == Status.SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await asked("sluice.v1.Other")
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_there_is_nothing_else() -> None:
    async with door() as (_, channel):
        any_channel: Any = channel
        health: Any = health_pb2_grpc.HealthStub(any_channel)
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(any_channel)
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        calls = [
            anext(aiter(stub.ServerReflectionInfo(iter([asked])))),
            any_channel.unary_unary("/sluice.v1.Ingest/Prepare")(b""),
            # It would last for as long as its caller likes.
            anext(aiter(health.Watch(health_pb2.HealthCheckRequest()))),
        ]
        for call in calls:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def held(channel: grpc.aio.Channel, calls: int) -> list[Any]:
    """Calls that are begun and never bring their message."""
    begin: Any = channel.stream_unary("/grpc.health.v1.Health/Check")
    return [begin() for _ in range(calls)]


async def check(channel: grpc.aio.Channel) -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=""))
    return int(answer.status)


async def test_calls_that_bring_nothing_end_and_leave_the_door_to_the_probes() -> None:
    async with door(seconds=0.5) as (readiness, channel):
        await readiness.met("start")
        for call in held(channel, CALLS_OF_ONE):
            assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert await check(channel) == Status.SERVING


@asynccontextmanager
async def from_another_address(target: str) -> AsyncIterator[str]:
    """Where to connect to reach `target` from 127.0.0.2."""
    host, _, port = target.rpartition(":")

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    relays: set[asyncio.Task[None]] = set()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(host, int(port), local_addr=("127.0.0.2", 0))
        await asyncio.gather(copy(reader, there[1]), copy(there[0], writer), return_exceptions=True)
        for one in (writer, there[1]):
            one.close()
            # Whoever went away first says so here.
            await asyncio.gather(one.wait_closed(), return_exceptions=True)

    def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relays.add(asyncio.ensure_future(relay(reader, writer)))

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    if relays:
        await asyncio.wait(relays, timeout=10)


async def test_one_address_cannot_hold_the_door_against_another() -> None:
    readiness = Readiness("", Log("test", stream=io.StringIO()))
    await readiness.met("start")
    found = HealthDoor(readiness, 60)
    address = await found.start("127.0.0.1:0")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(found.close)
        own = [("grpc.use_local_subchannel_pool", 1)]
        channels = [grpc.aio.insecure_channel(address, own) for _ in range(6)]
        strangers = [await stack.enter_async_context(channel) for channel in channels]
        ended = [asyncio.ensure_future(call.code()) for one in strangers for call in held(one, CALLS_OF_ONE)]
        while sum(one.done() for one in ended) < len(ended) - CALLS_OF_ONE:
            await asyncio.wait([one for one in ended if not one.done()], return_when=asyncio.FIRST_COMPLETED)
        # Of one address as many are held as it may have, and no more.
        assert {one.result() for one in ended if one.done()} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
        door_of_kubelet = await stack.enter_async_context(from_another_address(address))
        kubelet = await stack.enter_async_context(grpc.aio.insecure_channel(door_of_kubelet))
        assert await check(kubelet) == Status.SERVING
        for one in ended:
            one.cancel()


async def test_an_address_that_is_taken_is_named_with_its_variable() -> None:
    readiness = Readiness("", Log("test", stream=io.StringIO()))
    first, second = HealthDoor(readiness), HealthDoor(readiness)
    address = await first.start("127.0.0.1:0")
    with pytest.raises(FatalError, match=f"cannot listen at {address}; SLUICE_HEALTH_ADDRESS names it"):
        await second.start(address)
    await second.close()
    await first.close()
