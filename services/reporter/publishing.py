"""Events from the ledger to their topics, each at least once and under the same id."""

from collections.abc import Awaitable, Callable
from typing import Final

from reporter.ledger import Ledger
from sluice.bus.record import PARTITION_OF_KEY, Outgoing

BATCH: Final = 100

Send = Callable[[Outgoing], Awaitable[int]]
"""Publishes a record. RetryableError, TerminalError."""


class Publishing:
    """The outbox's other end."""

    def __init__(self, ledger: Ledger, send: Send) -> None:
        self._ledger = ledger
        self._send = send

    async def once(self) -> int:
        """Publishes what waits, the first written first; returns how many. RetryableError, TerminalError: what was
        not published then waits on, and so does all behind it."""
        events = await self._ledger.unpublished(BATCH)
        for event in events:
            await self._send(Outgoing(event.topic, PARTITION_OF_KEY, event.key, event.value))
            await self._ledger.published([event.number])
        return len(events)
