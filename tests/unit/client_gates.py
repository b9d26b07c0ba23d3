"""A client of the tests' gateway, and what it has to do."""

import asyncio
from collections.abc import Callable
from typing import Any

from sluice.client import Client
from sluice.client.settings import Options
from tests.unit.client_gateway import KEY, QUICK, Asked, Gateway, decision
from tests.unit.client_talks import PICTURE


def client(gateway: Gateway, **options: Any) -> Client:
    """One that does not wait long between tries."""
    told: Options = {"env": {}, "pace": QUICK, **options}  # type: ignore[typeddict-item] # as a test says
    return Client(gateway.url, KEY, **told)


def refuses(stage: str = "PROMPT", action: str = "BLOCK") -> Callable[[Asked], dict[str, Any] | None]:
    """A gateway's decisions: one stage is not allowed."""

    def decide(asked: Asked) -> dict[str, Any] | None:
        form = asked.form()
        return decision(form["request_id"], stage, action) if form["stage"] == stage else None

    return decide


class Work:
    """A generation that does not end by itself before it is told to."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.end = asyncio.Event()
        self.cancelled = False

    async def generate(self) -> bytes:
        self.began.set()
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return PICTURE
