"""How the key fares, told before somebody has to ask: readiness, notes and metrics."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from c2pa_signer.keyring import Clock, utc_now
from c2pa_signer.keys import Identity
from c2pa_signer.sign import Signer
from c2pa_signer.stamps import Stamps
from sluice.errors import NotReadyError
from sluice.host.readiness import Readiness
from sluice.refreshed import Current
from sluice.telemetry.metrics import Metrics

CONDITION = "signing-certificate"
ENDS_NOTE = "signing-certificate-ends"
TROUBLE_NOTE = "signing-key"
EVERY_SECONDS = 1.0
_WARN = dt.timedelta(days=14)
_WARN_SHARE = 0.25
"""Of the chain's life: one of a day is not warned about from its first hour on."""


class KeyHealth:
    """The readiness condition `signing-certificate` is not met before the chain begins and after it ends; the note
    `signing-certificate-ends` is there from two weeks before the end (or the last quarter, if shorter), the note
    `signing-key` while signatures fail or lack their timestamp.

    Metrics: `sluice_signing_certificate_seconds_left`, `sluice_signing_key_failing` (0 or 1),
    `sluice_timestamp_authority_up` by address, `sluice_unstamped_signatures_total`.
    """

    def __init__(
        self,
        ring: Current[Identity],
        signer: Signer,
        stamps: Stamps | None,
        readiness: Readiness,
        metrics: Metrics,
        clock: Clock = utc_now,
    ) -> None:
        self._ring = ring
        self._signer = signer
        self._stamps = stamps
        self._readiness = readiness
        self._metrics = metrics
        self._clock = clock
        self._unstamped = 0

    async def look(self) -> None:
        """Once."""
        now = self._clock()
        certificates = self._ring.value.certificates
        left = certificates.ends - now
        text = "Until the signing certificate, or one of its chain, ends; negative afterwards."
        self._metrics.gauge("signing_certificate_seconds_left", text, left.total_seconds())
        try:
            certificates.require_valid(now)
        except NotReadyError as error:
            await self._readiness.expect(CONDITION, str(error))
        else:
            await self._readiness.met(CONDITION)
        soon = dt.timedelta() < left < min(_WARN, (certificates.ends - certificates.begins) * _WARN_SHARE)
        ends = f"{certificates.serial} ends at {certificates.ends.isoformat()}: install its successor"
        self._readiness.note(ENDS_NOTE, ends if soon else None)
        self._tell_trouble()

    def _tell_trouble(self) -> None:
        trouble = self._signer.trouble
        self._readiness.note(TROUBLE_NOTE, trouble or None)
        text = "1 while signatures fail for want of the key or of a timestamp."
        self._metrics.gauge("signing_key_failing", text, 1.0 if trouble else 0.0)
        if self._stamps is None:
            return
        for host, reason in self._stamps.troubles().items():
            text = "0 while the last answer of a timestamp authority was none."
            self._metrics.gauge("timestamp_authority_up", text, 0.0 if reason else 1.0, {"address": host})
        so_far = self._signer.unstamped
        text = "Pictures that left without the timestamp that they should have (SLUICE_C2PA_TSA_DOWN=unstamped)."
        self._metrics.count("unstamped_signatures", text, by=so_far - self._unstamped)
        self._unstamped = so_far


@asynccontextmanager
async def looking(health: KeyHealth, every: float = EVERY_SECONDS) -> AsyncIterator[None]:
    """Looks again and again as long as the block runs. `every`: seconds."""

    async def run() -> None:
        while True:
            await health.look()
            await asyncio.sleep(every)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
