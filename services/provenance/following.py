"""The index in memory, kept at what the records are: built from them at the start, then followed.

Replicas share a database, so a record may come from another one of them: the database is what is followed, not the
log.
"""

import asyncio
from array import array
from collections.abc import Collection, Sequence
from typing import Final, Protocol

import numpy as np

from provenance.record import Record, Records
from sluice.errors import RetryableError
from sluice.host.readiness import Readiness
from sluice.telemetry.metrics import Metrics

INDEX: Final = "index"
DATABASE: Final = "records"
PAGE: Final = 1000
EVERY_SECONDS: Final = 1.0


class Index(Protocol):
    """What of an index is needed here."""

    def add(self, number: int, hashes: Sequence[bytes]) -> None:
        """Takes a record's hashes in."""

    def remove(self, numbers: Collection[int]) -> None:
        """Forgets records."""


class Following:
    """Tells an index of each record once, and readiness of the database."""

    def __init__(self, records: Records, index: Index, readiness: Readiness, metrics: Metrics) -> None:
        self._records = records
        self._index = index
        self._readiness = readiness
        self._metrics = metrics
        self._numbers = array("q")
        self._times = array("q")
        self._last = 0
        self._turn = asyncio.Lock()
        self._show()

    async def run(self, every: float = EVERY_SECONDS) -> None:
        """Until it is cancelled. Not ready before all that is there now is in the index, and while the database
        does not answer. `every`: seconds between two looks."""
        await self._readiness.expect(INDEX, "building the index from the records")
        while True:
            try:
                await self.catch_up()
            except RetryableError as error:
                await self._readiness.expect(DATABASE, str(error))
            else:
                await self._readiness.met(DATABASE)
                await self._readiness.met(INDEX)
            await asyncio.sleep(every)

    async def catch_up(self) -> None:
        """Takes in what is new. RetryableError."""
        async with self._turn:
            while page := await self._records.after(self._last, PAGE):
                await asyncio.to_thread(self._take, page)
                self._show()
                if len(page) < PAGE:
                    break

    async def forget_before(self, ms: int) -> None:
        """Forgets what was signed before this time, whoever removes the records themselves."""
        async with self._turn:
            await asyncio.to_thread(self._drop, ms)
            self._show()

    def _take(self, page: Sequence[Record]) -> None:
        for record in page:
            if record.hashes:
                self._index.add(record.number, record.hashes)
            self._numbers.append(record.number)
            self._times.append(record.signed_at_ms)
            self._last = record.number

    def _drop(self, ms: int) -> None:
        numbers, times = (np.frombuffer(each, np.int64).copy() for each in (self._numbers, self._times))
        old = times < ms
        if old.any():
            self._index.remove(numbers[old].tolist())
            self._numbers = array("q", numbers[~old].tobytes())
            self._times = array("q", times[~old].tobytes())

    def _show(self) -> None:
        about = "Records that this process's index was told of."
        self._metrics.gauge("provenance_followed_records", about, float(len(self._numbers)))
