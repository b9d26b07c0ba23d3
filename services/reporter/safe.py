"""The kit's vault and the object store, as the reporter's `Vault`."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from reporter.incident import Ended
from reporter.ports import LostError
from sluice.errors import NotReadyError, RetryableError, SluiceError, TerminalError
from sluice.objects import ObjectStore, TooLargeError
from sluice.v1.incident_pb2 import Incident, IncidentContent
from sluice.vault.errors import RefusedError, UnknownEvidenceError, UnsoundLogError
from sluice.vault.facts import facts_of
from sluice.vault.holds import report_hold
from sluice.vault.originals import exempt, preserve, purge
from sluice.vault.store import Vault as Kept

T = TypeVar("T")
_PASSES: Final = (RetryableError, TerminalError)


class Safe:
    """A `Vault`. Its calls run on threads."""

    def __init__(self, vault: Kept, store: ObjectStore) -> None:
        """`store`: where originals lie."""
        self._vault = vault
        self._store = store

    async def preserve(self, incident: Incident, content: IncidentContent) -> str:
        """See `Vault`; so it is with all the others. Until it is preserved, no expiry takes the original."""

        def work() -> str:
            evidence = self._preserved(incident, content)
            return self._vault.await_report(evidence, incident.id).id

        return await _told(work)

    def _preserved(self, incident: Incident, content: IncidentContent) -> str:
        try:
            exempt(self._store, content.original)
            return preserve(self._vault, self._store, content.original, facts_of(incident, content)).id
        except (UnknownEvidenceError, RefusedError, TooLargeError, ValueError) as error:
            raise LostError(str(error)) from error

    async def ended(self, evidence_id: str, incident_id: str) -> Ended | None:
        found = await _told(lambda: self._vault.find(evidence_id))
        if found is None:
            return None
        report = found.standing.reports.get(incident_id)
        if report is not None:
            return Ended(incident_id, report.report_id, report.reported_at_ms)
        lifted = found.standing.lifted.get(report_hold(incident_id))
        return Ended(incident_id, "", lifted.at_ms, lifted.first, lifted.why) if lifted is not None else None

    async def read(self, evidence_id: str, why: str) -> bytes:
        return await _told(lambda: self._vault.read_for_report(evidence_id, why))

    async def purge(self, content: IncidentContent) -> None:
        await _told(lambda: purge(self._vault, self._store, content.original))

    async def reported(self, evidence_id: str, incident_id: str, report_id: str, at_ms: int) -> None:
        await _told(lambda: self._vault.reported(evidence_id, incident_id, report_id, at_ms))

    async def released(self, evidence_id: str, incident_id: str, who: str, why: str) -> None:
        await _told(lambda: self._vault.declined(evidence_id, incident_id, who, why))


async def _told(work: Callable[[], T]) -> T:
    """In the reporter's two kinds of errors: a key that is not there comes back, and a log is mended; all else is not
    waited for."""
    try:
        return await asyncio.to_thread(work)
    except UnsoundLogError as error:
        raise RetryableError(f"the vault is not sound: {error}") from error
    except _PASSES:
        raise
    except NotReadyError as error:
        raise RetryableError(str(error)) from error
    except (SluiceError, ValueError) as error:
        raise TerminalError(str(error)) from error
