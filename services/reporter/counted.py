"""The tip line and the vault, with each call counted by how it ended."""

from collections.abc import Awaitable, Mapping
from typing import Final, TypeVar

from reporter.incident import Ended
from reporter.ports import Finished, Refusal, Submitted, Tipline, TiplineError, Uploaded, Vault
from sluice.errors import RetryableError, SluiceError
from sluice.host.readiness import Readiness
from sluice.telemetry.metrics import Adds, Metrics
from sluice.v1.incident_pb2 import Incident, IncidentContent

T = TypeVar("T")
CALLS: Final = ("submit", "upload", "fileinfo", "finish", "retract")
OK: Final = "ok"
KEPT: Final = ("preserved", "read", "purged", "reported", "released", "retry", "failed")
NOTE: Final = "tip line"
_CREDENTIALS: Final = range(2000, 4000)
"""Codes of a tip line that does not know us, or does not let us."""


Counters = Mapping[tuple[str, str], Adds]
"""By call and outcome."""


def call_counters(metrics: Metrics) -> Counters:
    """Of every call of a tip line, all there from now on: nothing is sent where there is none."""
    about = "Calls of the tip line, by how they ended; retry: nobody knows whether it was done."
    outcomes = (OK, *(each.value for each in Refusal))
    return {
        (call, outcome): metrics.counter("reporter_calls", about, {"call": call, "outcome": outcome})
        for call in CALLS
        for outcome in outcomes
    }


class CountedTipline:
    """A `Tipline`. That it refuses our credentials is on the readiness board, as a note: what is confirmed waits, and
    nothing else here does."""

    def __init__(self, inner: Tipline, counters: Counters, readiness: Readiness) -> None:
        """`counters`: those of `call_counters`."""
        self._inner = inner
        self._readiness = readiness
        self._counters = counters

    @property
    def where(self) -> str:
        return self._inner.where

    async def submit(self, report: bytes) -> Submitted:
        return await self._counted("submit", self._inner.submit(report))

    async def upload(self, report_id: str, name: str, data: bytes) -> Uploaded:
        return await self._counted("upload", self._inner.upload(report_id, name, data))

    async def fileinfo(self, report_id: str, details: bytes) -> None:
        await self._counted("fileinfo", self._inner.fileinfo(report_id, details))

    async def finish(self, report_id: str) -> Finished:
        return await self._counted("finish", self._inner.finish(report_id))

    async def retract(self, report_id: str) -> None:
        await self._counted("retract", self._inner.retract(report_id))

    async def _counted(self, call: str, work: Awaitable[T]) -> T:
        try:
            found = await work
        except TiplineError as error:
            self._counters[call, error.kind.value].inc()
            if error.code in _CREDENTIALS:
                told = f"{error.words} (code {error.code}); SLUICE_TIPLINE_USER_FILE, SLUICE_TIPLINE_PASSWORD_FILE"
                self._readiness.note(NOTE, told)
            raise
        self._counters[call, OK].inc()
        self._readiness.note(NOTE, None)
        return found


class CountedVault:
    """A `Vault`. Each original counts by what was done with it, or by why not."""

    def __init__(self, inner: Vault, metrics: Metrics) -> None:
        self._inner = inner
        about = "Originals, by what was done with them; retry, failed: it could not be."
        self._counts = {
            outcome: metrics.counter("reporter_evidence", about, {"outcome": outcome}) for outcome in KEPT
        }

    async def preserve(self, incident: Incident, content: IncidentContent) -> str:
        return await self._counted("preserved", self._inner.preserve(incident, content))

    async def read(self, evidence_id: str, why: str) -> bytes:
        return await self._counted("read", self._inner.read(evidence_id, why))

    async def purge(self, content: IncidentContent) -> None:
        await self._counted("purged", self._inner.purge(content))

    async def reported(self, evidence_id: str, incident_id: str, report_id: str, at_ms: int) -> None:
        await self._counted("reported", self._inner.reported(evidence_id, incident_id, report_id, at_ms))

    async def released(self, evidence_id: str, incident_id: str, who: str, why: str) -> None:
        await self._counted("released", self._inner.released(evidence_id, incident_id, who, why))

    async def ended(self, evidence_id: str, incident_id: str) -> Ended | None:
        return await self._inner.ended(evidence_id, incident_id)

    async def _counted(self, outcome: str, work: Awaitable[T]) -> T:
        try:
            found = await work
        except SluiceError as error:
            self._counts["retry" if isinstance(error, RetryableError) else "failed"].inc()
            raise
        self._counts[outcome].inc()
        return found
