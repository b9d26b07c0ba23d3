"""Ready only where a moderation would be answered: each thing that it takes, asked for real."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

from gateway import readiness
from gateway.links import Link
from gateway.readiness import Condition, Watching, serves
from sluice.errors import RetryableError
from sluice.host.readiness import Readiness
from sluice.telemetry.logging import Log
from tests.unit.gateway_door import linked, open_door
from tests.unit.grpc_door import serving

SERVICE = "sluice.v1.Orchestrator"


def board() -> Readiness:
    """A readiness board."""
    return Readiness("", Log("gateway", stream=io.StringIO()))


@asynccontextmanager
async def serving_at(add: Callable[[grpc.aio.Server], None]) -> AsyncIterator[Link]:
    """A server with these services, and a link to it."""
    ports: list[int] = []

    def add_all(server: grpc.aio.Server) -> None:
        add(server)
        ports.append(server.add_insecure_port("127.0.0.1:0"))

    async with serving(add_all), linked(f"127.0.0.1:{ports[0]}") as link:
        yield link


def condition(ask: Callable[[], Awaitable[None]]) -> Condition:
    """A thing that an answer takes."""
    return Condition("keys", ask)


async def test_a_service_is_there_while_it_says_so() -> None:
    health, found = HealthServicer(), board()

    def add(server: grpc.aio.Server) -> None:
        health_pb2_grpc.add_HealthServicer_to_server(health, server)

    async with serving_at(add) as link:
        watching = Watching(found, [serves("orchestrator", link, SERVICE)])
        statuses = health_pb2.HealthCheckResponse
        told: list[Any] = []
        for status in (statuses.NOT_SERVING, statuses.SERVING, statuses.NOT_SERVING):
            await health.set(SERVICE, status)
            await watching.look()
            told.append(dict(found.conditions))
        assert told == [
            {"orchestrator": "orchestrator is not ready"},
            {},
            {"orchestrator": "orchestrator is not ready"},
        ]


async def test_a_service_that_is_away_is_not_there() -> None:
    found = board()
    async with linked("127.0.0.1:1") as link:
        await Watching(found, [serves("orchestrator", link, SERVICE)]).look()
    assert found.conditions == {"orchestrator": "orchestrator does not answer: UNAVAILABLE"}


async def test_a_service_that_does_not_know_the_name_is_not_there() -> None:
    found = board()

    def add(server: grpc.aio.Server) -> None:
        health_pb2_grpc.add_HealthServicer_to_server(HealthServicer(), server)

    async with serving_at(add) as link:
        await Watching(found, [serves("orchestrator", link, SERVICE)]).look()
    assert found.conditions == {"orchestrator": "orchestrator does not answer: NOT_FOUND"}


async def test_what_fails_is_named_and_what_hangs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "ASK_SECONDS", 0.05)
    found, away = board(), [True]

    async def fails() -> None:
        if away:
            raise RetryableError("the key store: timeout")

    await Watching(found, [condition(fails)]).look()
    assert found.conditions == {"keys": "the key store: timeout"}
    away.clear()
    await Watching(found, [condition(fails)]).look()
    assert not found.conditions

    async def hangs() -> None:
        await asyncio.sleep(60)

    await Watching(found, [condition(hangs)]).look()
    assert found.conditions == {"keys": "keys does not answer"}


async def test_it_is_looked_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "EVERY_SECONDS", 0.01)
    looked = asyncio.Semaphore(0)

    async def ask() -> None:
        looked.release()

    running = asyncio.create_task(Watching(board(), [condition(ask)]).run())
    for _ in range(3):
        await looked.acquire()
    running.cancel()


async def test_readyz_says_why_and_livez_says_that_the_loop_turns(tmp_path: Path) -> None:
    found = board()
    async with open_door(tmp_path, readiness=found) as door:
        answer = await door.client.get("/readyz")
        assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": {}})
        await found.expect("orchestrator", "orchestrator is not ready")
        answer = await door.client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"ready": False, "reasons": {"orchestrator": "orchestrator is not ready"}}
        assert (await door.client.get("/livez")).text == "ok\n"
