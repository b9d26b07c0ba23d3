"""What a person may do with an incident: confirm it, release it, have it tried again."""

from collections.abc import Callable, Collection
from typing import Final

from reporter import incident as standing
from reporter.incident import Filed, Standing, WrongStandingError
from reporter.ledger import Ledger, StaleError
from reporter.machine import Machine
from reporter.report import Report
from reporter.steps import Announce
from sluice.errors import RetryableError

_TRIES: Final = 5
_CONFIRMED: Final = frozenset({Standing.CONFIRMED, Standing.REPORTING, Standing.REPORTED})
_RELEASED: Final = frozenset({Standing.RELEASED})

Change = Callable[[Filed], Filed]


class UnknownIncidentError(WrongStandingError):
    """There is no such incident."""


class Desk:
    """One for all calls. Whatever is asked for twice is done once."""

    def __init__(self, ledger: Ledger, announce: Announce, now: Callable[[], int]) -> None:
        """`now`: milliseconds since the epoch."""
        self._ledger = ledger
        self._announce = announce
        self._now = now
        self._machine = Machine()

    async def confirm(self, incident_id: str, who: str, why: str) -> Filed:
        """It is a match, and will be reported; what is confirmed already stays as it is.

        WrongStandingError, UnknownIncidentError, RetryableError.
        """
        return await self._change(incident_id, _CONFIRMED, lambda one: standing.confirm(one, who, why, self._now()))

    async def release(self, incident_id: str, who: str, why: str) -> Filed:
        """It is none, and will not be; what is released already stays as it is. The same errors."""
        return await self._change(incident_id, _RELEASED, lambda one: standing.release(one, who, why))

    async def again(self, incident_id: str) -> Filed:
        """What has failed, preserving or reporting, is tried again. The same errors."""
        one = await self._found(incident_id)
        report = await self.report(one)
        if report is None:
            return await self._change(incident_id, (), lambda found: standing.again(found, self._now()))
        try:
            await self._ledger.save_report(self._machine.resumed(report, self._now()))
        except StaleError as error:
            raise RetryableError(f"report {report.number} is being changed: try again") from error
        return one

    async def report(self, one: Filed) -> Report | None:
        """The report that an incident is part of."""
        return await self._ledger.report(one.report) if one.report else None

    async def _change(self, incident_id: str, done: Collection[Standing], change: Change) -> Filed:
        for _ in range(_TRIES):
            one = await self._found(incident_id)
            if one.standing in done:
                return one
            changed = change(one)
            events = self._announce(changed) if changed.standing is Standing.CONFIRMED else ()
            try:
                return await self._ledger.save_incident(changed, events)
            except StaleError:
                continue
        raise RetryableError(f"incident {incident_id} is being changed: try again")

    async def _found(self, incident_id: str) -> Filed:
        found = await self._ledger.incident(incident_id)
        if found is None:
            raise UnknownIncidentError(f"there is no incident {incident_id}")
        return found
