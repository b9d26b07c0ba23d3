"""Whether the ledger, the vault and the object store answer, and how much there is to do."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from reporter.incident import Standing
from reporter.ledger import KINDS, Ledger
from reporter.migrations import LEDGER as TABLES
from reporter.report import Phase
from reporter.told import kind_of
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

    def __init__(
        self,
        ledger: Ledger,
        readiness: Readiness,
        metrics: Metrics,
        now: Callable[[], int],
        kinds: Collection[bool] = KINDS,
    ) -> None:
        """`now`: milliseconds since the epoch; `kinds`: of incidents, those that a tip line takes."""
        self._ledger = ledger
        self._readiness = readiness
        self._metrics = metrics
        self._now = now
        self._kinds = kinds
        # The duty to report stands whether there is a tip line or not; for matches of test lists there is none.
        self._owed = {False, *kinds}
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
        counts, self._oldest = await self._ledger.counts(), await self._ledger.oldest(self._owed)
        self._tell_who_waits(await self._ledger.waiting())
        for state in Standing:
            about = "Incidents in the ledger, by state."
            self._show("reporter_incidents", about, counts.get(state, 0), {"state": state.value})
        for phase in _OPEN_PHASES:
            about = "Reports in the ledger that are not finished, by phase."
            self._show("reporter_reports", about, counts.get(f"report {phase}", 0), {"phase": phase.value})
        about = "Account actions in the ledger that are not published yet."
        self._show("reporter_unpublished", about, counts.get("unpublished", 0), {})

    def _tell_who_waits(self, waiting: Mapping[bool, int]) -> None:
        for test in KINDS:
            count = waiting.get(test, 0) if test not in self._kinds else 0
            words = f"there is none: {count} wait (SLUICE_TIPLINE_URL)" if count else None
            self._readiness.note(f"tip line for {kind_of(test)}", words)

    def _show(self, name: str, about: str, count: int, labels: Mapping[str, str]) -> None:
        self._metrics.gauge(name, about, float(count), labels)

    def _age(self, *states: Standing) -> float:
        since = [self._oldest[state] for state in states if state in self._oldest]
        return max(0.0, (self._now() - min(since)) / 1000) if since else 0.0


class VaultWatch:
    """Asks the vault again and again. The audit log is read on: one that is not sound stops the vault."""

    def __init__(self, vault: Vault, readiness: Readiness) -> None:
        self._vault = vault
        self._readiness = readiness

    async def run(self, every: float = EVIDENCE_SECONDS) -> None:
        """Until it is cancelled. `every`: seconds between two looks."""
        await _tell(self._readiness, VAULT, self._trouble, every)

    async def _trouble(self) -> str:
        try:
            await asyncio.to_thread(self._vault.log.look)
        except (RetryableError, NotReadyError) as error:
            return f"the vault does not answer: {error}"
        except TerminalError as error:
            return f"the vault is not sound: {error} (`sluice audit verify`)"
        return ""


class StoreWatch:
    """Asks the object store that originals come from again and again."""

    def __init__(self, store: ObjectStore, readiness: Readiness) -> None:
        self._store = store
        self._readiness = readiness

    async def run(self, every: float = EVIDENCE_SECONDS) -> None:
        """Until it is cancelled. `every`: seconds between two looks."""
        await _tell(self._readiness, STORE, self._trouble, every)

    async def _trouble(self) -> str:
        try:
            await self._store.exists(_NOTHING)
        except RetryableError as error:
            return f"the object store does not answer: {error}"
        return ""


async def _tell(readiness: Readiness, condition: str, trouble: Callable[[], Awaitable[str]], every: float) -> None:
    """For ever. `trouble`: in words, or none."""
    while True:
        words = await trouble()
        if words:
            await readiness.expect(condition, words)
        else:
            await readiness.met(condition)
        await asyncio.sleep(every)


def ledger_away(error: RetryableError) -> str:
    """What the readiness board says then."""
    return f"the ledger does not answer: {str(error).removeprefix(f'{TABLES.words}: ')}"
