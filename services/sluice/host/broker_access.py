"""What the broker refuses this process, on the readiness board: a refusal must never be a loop that nobody sees.

Clients say by themselves, and nowhere else, that a broker does not take their credentials; producers keep what they
may not write, and while they do the broker is asked whether they may by now. What is refused to consumers their
owners tell.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from confluent_kafka import KafkaError

from sluice.bus.problems import is_login, words
from sluice.bus.producer import AsyncProducer
from sluice.bus.refusals import Refusals
from sluice.bus.write_rights import Asks
from sluice.host.readiness import Readiness
from sluice.telemetry.logging import Log

LOGIN: Final = "kafka-login"
RIGHTS: Final = "kafka-rights"
"""Conditions of readiness."""

LASTS_SECONDS: Final = 45.0
"""A client that is refused tries again and says so, the same words every 30 s at most."""

AGAIN_SECONDS: Final = 3.0
"""Between two questions whether what was refused still is."""

_LOOK_SECONDS: Final = 0.2


class BrokerAccess:
    """Remembers what clients say of themselves."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._told = ""
        self._at = 0.0

    def heard(self, error: object) -> None:
        """`KafkaSettings.heard`: on any thread."""
        if not isinstance(error, KafkaError) or not is_login(error):
            return
        text = words(error)
        if text != self._told:
            # The client's words name the broker and the cause, never a password.
            self._log.error("the broker does not let us in", error=error.name(), detail=error.str())
        self._told, self._at = text, time.monotonic()

    def trouble(self, now: float) -> str:
        """Why a broker does not let us in; empty where none says so any more. `now`: seconds of a monotonic clock."""
        return self._told if self._told and now - self._at < LASTS_SECONDS else ""


@asynccontextmanager
async def watching_access(
    access: BrokerAccess, producer: AsyncProducer, readiness: Readiness, rights: Asks, seconds: float = AGAIN_SECONDS
) -> AsyncIterator[None]:
    """Keeps the board true while it is entered. `seconds`: between two questions to the broker."""
    tasks = [
        asyncio.create_task(_watch(access, producer, readiness)),
        asyncio.create_task(_ask(producer.refused, rights, seconds)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ask(refused: Refusals, rights: Asks, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        for what in refused.about():
            # What is about no topic is told again by the client for as long as it holds.
            if not what or await asyncio.to_thread(rights.may_write, what):
                refused.clear(what)


async def _watch(access: BrokerAccess, producer: AsyncProducer, readiness: Readiness) -> None:
    told = {LOGIN: "", RIGHTS: ""}
    while True:
        found = {LOGIN: access.trouble(time.monotonic()), RIGHTS: producer.refused.text()}
        for condition, text in found.items():
            if text and text != told[condition]:
                await readiness.expect(condition, text)
            elif not text and told[condition]:
                await readiness.met(condition)
        told = found
        await asyncio.sleep(_LOOK_SECONDS)
