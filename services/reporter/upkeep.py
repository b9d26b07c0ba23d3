"""Destroys evidence whose time is over, and reads the whole audit log anew, day by day."""

import asyncio
import threading
from typing import Final

from sluice.attempt import Unforeseen, attempt
from sluice.errors import RetryableError, SluiceError
from sluice.host.readiness import Readiness
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.vault.entry import Entry
from sluice.vault.store import REPORTER, Vault
from sluice.vault.upkeep import Done, expire

HOUR_SECONDS: Final = 3600.0
AGAIN_SECONDS: Final = 600.0
NOTE: Final = "evidence"


class Upkeep:
    """Each replica does it: what another one has destroyed is not there any more."""

    def __init__(self, vault: Vault, hours: int, readiness: Readiness, metrics: Metrics, log: Log) -> None:
        self._vault = vault
        self._seconds = hours * HOUR_SECONDS
        self._readiness = readiness
        self._expired = metrics.counter("reporter_expired", "Pieces of evidence that were destroyed in time.")
        self._metrics = metrics
        self._log = log
        self._fails(False)

    async def run(self) -> None:
        """At once and then every so many hours, until it is cancelled."""
        while True:
            seconds = self._seconds if await self._tried() else AGAIN_SECONDS
            await asyncio.sleep(seconds)

    async def _tried(self) -> bool:
        try:
            done = await attempt(self.once())
        except SluiceError as error:
            self._log.warning("will try again", reason="upkeep", error=str(error), seconds=AGAIN_SECONDS)
            self._fails(True)
            return False
        if isinstance(done, Unforeseen):
            self._log.error("failed", reason="upkeep", error=done.kind, detail=done.place, seconds=AGAIN_SECONDS)
            self._fails(True)
            return False
        self._fails(bool(done.failed))
        return True

    def _fails(self, so: bool) -> None:
        self._metrics.gauge("reporter_upkeep_failing", "1 while what is due cannot be destroyed.", float(so))

    async def once(self) -> Done:
        """Reads the whole audit log anew, and destroys what is due; what cannot be read stays, and is noted. Raises
        as `sluice.vault.upkeep.expire`."""
        over = threading.Event()

        def told(_: Entry) -> None:
            if over.is_set():
                raise RetryableError("told to stop")

        try:
            # Of a vault with much in it this takes long, and nobody waits for a thread: it ends at the next piece.
            await asyncio.to_thread(self._vault.log.verify, None, told)
            done = await asyncio.to_thread(expire, self._vault, REPORTER, over.is_set)
        finally:
            over.set()
        self._expired.inc(len(done.done))
        if done.done:
            self._log.info("evidence destroyed: its time was over", count=len(done.done))
        damaged = f"{len(done.failed)} cannot be read and stay: `sluice vault verify`" if done.failed else None
        self._readiness.note(NOTE, damaged)
        return done
