"""Health for who has no certificate: the answers of the service, and nothing else."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from sluice.errors import FatalError
from sluice.host.health_door import HealthDoor
from sluice.host.readiness import LIVE, Readiness
from sluice.telemetry.logging import Log

Status = health_pb2.HealthCheckResponse


@asynccontextmanager
async def door() -> AsyncIterator[tuple[Readiness, grpc.aio.Channel]]:
    readiness = Readiness("sluice.v1.Test", Log("test", stream=io.StringIO()))
    found = HealthDoor(readiness)
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
        watched = aiter(stub.Watch(health_pb2.HealthCheckRequest(service="")))
        assert (await anext(watched)).status == Status.NOT_SERVING
        await readiness.met("start")
        assert (await anext(watched)).status == Status.SERVING
        assert await asked("") == Status.SERVING


async def test_there_is_nothing_else() -> None:
    async with door() as (_, channel):
        any_channel: Any = channel
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(any_channel)
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        calls = [
            anext(aiter(stub.ServerReflectionInfo(iter([asked])))),
            any_channel.unary_unary("/sluice.v1.Ingest/Prepare")(b""),
        ]
        for call in calls:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_an_address_that_is_taken_is_named_with_its_variable() -> None:
    readiness = Readiness("", Log("test", stream=io.StringIO()))
    first, second = HealthDoor(readiness), HealthDoor(readiness)
    address = await first.start("127.0.0.1:0")
    with pytest.raises(FatalError, match=f"cannot listen at {address}; SLUICE_HEALTH_ADDRESS names it"):
        await second.start(address)
    await second.close()
    await first.close()
