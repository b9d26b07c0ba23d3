"""Whether a moderation would be answered: each thing that it takes is asked again and again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway.links import Link
from sluice.errors import RetryableError, SluiceError
from sluice.host.readiness import Readiness

EVERY_SECONDS: Final = 1.0
ASK_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that an answer takes. `name`: on the board. `ask` raises an error of ours where it is not there."""

    name: str
    ask: Callable[[], Awaitable[None]]


class Watching:
    """Keeps the board true."""

    def __init__(self, readiness: Readiness, conditions: Sequence[Condition], every: float = EVERY_SECONDS) -> None:
        self._readiness = readiness
        self._conditions = conditions
        self._every = every

    async def run(self) -> None:
        """Asks until it is cancelled."""
        while True:
            await asyncio.sleep(self._every)
            await self.look()

    async def look(self) -> None:
        """Asks all of them once."""
        await asyncio.gather(*map(self._look, self._conditions))

    async def _look(self, condition: Condition) -> None:
        try:
            async with asyncio.timeout(ASK_SECONDS):
                await condition.ask()
        except TimeoutError:
            await self._readiness.expect(condition.name, f"{condition.name} does not answer")
        except SluiceError as error:
            await self._readiness.expect(condition.name, str(error))
        else:
            await self._readiness.met(condition.name)


def serves(name: str, link: Link, service: str) -> Condition:
    """A service behind the door is ready. `service`: its gRPC service's full name."""

    async def ask() -> None:
        health: Any = health_pb2_grpc.HealthStub(link.channel)
        try:
            answer = await health.Check(health_pb2.HealthCheckRequest(service=service), timeout=ASK_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise RetryableError(f"{name} does not answer: {error.code().name}") from error
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            raise RetryableError(f"{name} is not ready")

    return Condition(name, ask)
