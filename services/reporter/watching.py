"""Whether the ledger, the vault and the object store answer, and how much there is to do."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from reporter.incident import Standing
from reporter.ledger import Ledger
from reporter.migrations import LEDGER as TABLES
from reporter.report import Phase
from sluice.errors import NotReadyError, RetryableError, TerminalError
from sluice.host.readiness import Readiness
from sluice.objects import ObjectStore, held_key
from sluice.telemetry.metrics import Metrics
from sluice.vault.store import Vault

LEDGER: Final = "ledger"
VAULT: Final = "vault"
STORE: Final = "object store"
LEDGER_SECONDS: Final = 2.0
EVIDENCE_SECONDS: Final = 30.0
_NOTHING: Final = held_key(bytes(32))
"""Nobody has an original with this digest; who may read the others may ask for it."""
_UNREPORTED: Final = (Standing.CONFIRMED, Standing.REPORTING)
_OPEN_PHASES: Final = tuple(each for each in Phase if each not in {Phase.FINISHED, Phase.DISSOLVED})


class LedgerWatch:
    """Asks the ledger again and again; what it says is on the readiness board and in the metrics."""

    def __init__(self, ledger: Ledger, readiness: Readiness, metrics: Metrics, now: Callable[[], int]) -> None:
        """`now`: milliseconds since the epoch."""
        self._ledger = ledger
        self._readiness = readiness
        self._metrics = metrics
        self._now = now
        self._oldest: Mapping[Standing, int] = {}
        about = "Age of the incident that was confirmed first, of those that are not reported yet."
        metrics.gauge_of("reporter_oldest_unreported_seconds", about, lambda: self._age(*_UNREPORTED))
        about = "Age of the incident that was seen first, of those that wait for a person."
        metrics.gauge_of("reporter_oldest_held_seconds", about, lambda: self._age(Standing.HELD))

    async def run(self, every: float = LEDGER_SECONDS) -> None:
        """Until it is cancelled. `every`: seconds between two looks."""
        while True:
            try:
                await self.once()
            except RetryableError as error:
                await self._readiness.expect(LEDGER, ledger_away(error))
            else:
                await self._readiness.met(LEDGER)
            await asyncio.sleep(every)

    async def once(self) -> None:
        """Looks, and counts. RetryableError."""
        counts, self._oldest = await self._ledger.counts(), await self._ledger.oldest()
        for state in Standing:
            about = "Incidents in the ledger, by state."
            self._show("reporter_incidents", about, counts.get(state, 0), {"state": state.value})
        for phase in _OPEN_PHASES:
            about = "Reports in the ledger that are not finished, by phase."
            self._show("reporter_reports", about, counts.get(f"report {phase}", 0), {"phase": phase.value})
        about = "Account actions in the ledger that are not published yet."
        self._show("reporter_unpublished", about, counts.get("unpublished", 0), {})

    def _show(self, name: str, about: str, count: int, labels: Mapping[str, str]) -> None:
        self._metrics.gauge(name, about, float(count), labels)

    def _age(self, *states: Standing) -> float:
        since = [self._oldest[state] for state in states if state in self._oldest]
        return max(0.0, (self._now() - min(since)) / 1000) if since else 0.0


class EvidenceWatch:
    """Asks the vault, and the object store that originals come from, again and again. The audit log is read on: one
    that is not sound stops the vault."""

    def __init__(self, vault: Vault, store: ObjectStore, readiness: Readiness) -> None:
        self._vault = vault
        self._store = store
        self._readiness = readiness

    async def run(self, every: float = EVIDENCE_SECONDS) -> None:
        """Until it is cancelled. `every`: seconds between two looks."""
        while True:
            for condition, trouble in ((VAULT, await self._vault_trouble()), (STORE, await self._store_trouble())):
                if trouble:
                    await self._readiness.expect(condition, trouble)
                else:
                    await self._readiness.met(condition)
            await asyncio.sleep(every)

    async def _vault_trouble(self) -> str:
        try:
            await asyncio.to_thread(self._vault.log.look)
        except (RetryableError, NotReadyError) as error:
            return f"the vault does not answer: {error}"
        except TerminalError as error:
            return f"the vault is not sound: {error} (`sluice audit verify`)"
        return ""

    async def _store_trouble(self) -> str:
        try:
            await self._store.exists(_NOTHING)
        except RetryableError as error:
            return f"the object store does not answer: {error}"
        return ""


def ledger_away(error: RetryableError) -> str:
    """What the readiness board says then."""
    return f"the ledger does not answer: {str(error).removeprefix(f'{TABLES.words}: ')}"
