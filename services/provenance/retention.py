"""Removes records that were kept for long enough, a few at a time."""

import asyncio
from collections.abc import Callable
from typing import Final

from provenance.following import Following
from provenance.record import Records
from sluice.errors import RetryableError
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics

DAY_MS: Final = 86_400_000
BATCH: Final = 200
BATCH_SECONDS: Final = 0.1
"""Between two batches: whoever writes or looks for something comes between."""
EVERY_SECONDS: Final = 60.0


class Retention:
    """Each replica does it: the database lets one of them have each record. `days`: more than 0."""

    def __init__(
        self, records: Records, following: Following, days: int, now_ms: Callable[[], int], metrics: Metrics, log: Log
    ) -> None:
        self._records = records
        self._following = following
        self._keep_ms = days * DAY_MS
        self._now_ms = now_ms
        self._metrics = metrics
        self._log = log

    async def run(self, every: float = EVERY_SECONDS) -> None:
        """Until it is cancelled."""
        while True:
            try:
                await self.once()
            except RetryableError as error:
                self._log.warning("will try again", error=str(error), seconds=every)
            await asyncio.sleep(every)

    async def once(self) -> int:
        """Removes all that is old now; returns how many. RetryableError."""
        before = self._now_ms() - self._keep_ms
        removed = 0
        while found := await self._records.remove_before(before, BATCH):
            removed += len(found)
            about = "Records that retention removed."
            self._metrics.count("provenance_removed", about, by=float(len(found)))
            await asyncio.sleep(BATCH_SECONDS)
        await self._following.forget_before(before)
        if removed:
            self._log.info("records removed", count=removed)
        return removed
