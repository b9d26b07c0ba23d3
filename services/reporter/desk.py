"""What a person may do with an incident: confirm it, release it, have it reported now, say that it was reported."""

from collections.abc import Callable, Collection
from typing import Final

from reporter import incident as standing
from reporter.incident import Ended, Filed, Standing, WrongStandingError
from reporter.ledger import Ledger, StaleError
from reporter.lifting import lifted
from reporter.machine import Machine
from reporter.manner import ANNOUNCED, Announce, Manner
from reporter.report import Phase, Report
from sluice.errors import RetryableError

_TRIES: Final = 5
_CONFIRMED: Final = frozenset({Standing.CONFIRMED, Standing.REPORTING, Standing.REPORTED})
_RELEASED: Final = frozenset({Standing.RELEASED})
_REPORTED: Final = frozenset({Standing.REPORTED})

Change = Callable[[Filed], Filed]


class UnknownIncidentError(WrongStandingError):
    """There is no such incident."""


class Desk:
    """One for all calls. Whatever is asked for twice is done once."""

    def __init__(
        self,
        ledger: Ledger,
        announce: Announce,
        manner: Manner,
        now: Callable[[], int],
        machine: Machine | None = None,
    ) -> None:
        """`manner`: that of the workers; `now`: milliseconds since the epoch."""
        self._ledger = ledger
        self._announce = announce
        self._gather_ms = manner.gather_ms
        self._now = now
        self._machine = machine or Machine()

    async def confirm(self, incident_id: str, who: str, why: str, viewed: bool = False) -> Filed:
        """It is a match, and will be reported; what is confirmed already stays as it is. `viewed`: this person has
        looked at the whole of every original, and the report will say so.

        WrongStandingError, UnknownIncidentError, RetryableError.
        """

        def change(one: Filed) -> Filed:
            return standing.confirm(one, who, why, viewed, self._now(), self._gather_ms)

        return await self._change(incident_id, _CONFIRMED, change)

    async def release(self, incident_id: str, who: str, why: str) -> Filed:
        """It is none, and will not be; what is released already stays as it is.

        One that is part of a report that has failed leaves it as soon as nothing of that is open at the tip line; the
        others wait for another report. If it turns out that it was filed after all, all of them are reported.
        The same errors.
        """
        one = await self._found(incident_id)
        report = await self.report_of(one) if one.standing is Standing.REPORTING else None
        if report is None or not (report.phase is Phase.FAILED or report.leaving):
            return await self._change(
                incident_id, _RELEASED, lambda one: standing.release(one, who, why, self._now())
            )
        leaving = next((each for each in report.leaving if each.incident_id == incident_id), None)
        if leaving is not None and leaving.report_id:
            raise WrongStandingError(f"incident {incident_id} leaves its report already, otherwise")
        if report.phase is Phase.FAILED or leaving is None:
            ended = Ended(incident_id, "", self._now(), who, why)
            await self._save(self._machine.parted(report, [ended], self._now()))
        return await self._found(incident_id)

    async def filed(self, incident_id: str, report_id: str, who: str, why: str) -> Filed:
        """A person has filed a report about it without us, under that id of the tip line: it is reported, and nothing
        is sent. What is reported under that id already stays as it is.

        One that is part of a report that has failed leaves it as with `release`. WrongStandingError for what nobody
        has confirmed, what is part of a report that is under way, what is reported under another id, and for an id
        under which we have opened a report ourselves. Otherwise the same errors.
        """
        for _ in range(_TRIES):
            one, now = await self._found(incident_id), self._now()
            ended, report = Ended(incident_id, report_id, now, who, why), await self.report_of(one)
            if one.standing is Standing.REPORTED and report is not None and report.report_id == report_id:
                return one
            if one.standing is Standing.REPORTED and report is not None:
                raise WrongStandingError(f"incident {one.id} is reported already, as {report.report_id}")
            try:
                if one.standing is Standing.REPORTING and report is not None:
                    return await self._leaves(one, report, ended)
                changed = standing.by_hand(one, ended, now)
                events = () if one.confirmed_at_ms else self._announce(changed)
                return await self._ledger.adopt(changed, ended, events)
            except StaleError:
                continue
        raise RetryableError(f"incident {incident_id} is being changed: try again")

    async def _leaves(self, filed: Filed, report: Report, ended: Ended) -> Filed:
        one = next((each for each in report.leaving if each.incident_id == ended.incident_id), None)
        if one is not None and one.report_id != ended.report_id:
            raise WrongStandingError(f"incident {ended.incident_id} leaves its report already, otherwise")
        if report.phase is not Phase.FAILED and not report.leaving:
            raise WrongStandingError(
                f"incident {ended.incident_id} is part of report {report.number}, which is {report.phase}: it is "
                "being sent, and would be filed twice. Retract what you filed, or wait until that report has failed"
            )
        if report.report_id == ended.report_id and not report.moved:
            raise WrongStandingError(
                f"report {report.report_id} was opened by the reporter, and is not known to be finished: "
                "`sluice incidents report` learns whether it is"
            )
        if report.report_id == ended.report_id:
            # Nobody leaves it then: that it ends by the word of a person stands with the incident alone.
            await self._ledger.save_incident(standing.noted(filed, ended, self._now()))
        if one is None or report.phase is Phase.FAILED:
            await self._save(self._machine.parted(report, [ended], self._now()))
        return await self._found(ended.incident_id)

    async def report(self, incident_id: str, who: str) -> Filed:
        """A confirmed one waits for others of its account no longer, and what has failed, preserving or reporting, is
        tried again; what is reported already stays as it is. The same errors."""
        one = await self._change(incident_id, _REPORTED, lambda one: standing.hurry(one, who, self._now()))
        report = await self.report_of(one)
        if report is not None and report.phase is Phase.FAILED:
            await self._save(self._machine.resumed(report, self._now()))
        hurried = self._machine.hurried(report, self._now()) if report is not None else None
        if hurried is not None:
            await self._save(hurried)
        return one

    async def report_of(self, one: Filed) -> Report | None:
        """The report that an incident is part of."""
        return await self._ledger.report(one.report) if one.report else None

    async def _save(self, report: Report) -> None:
        try:
            events = await lifted(self._ledger, report, self._announce)
            await self._ledger.save_report(report, self._now() + self._gather_ms, events)
        except StaleError as error:
            raise RetryableError(f"report {report.number} is being changed: try again") from error

    async def _change(self, incident_id: str, done: Collection[Standing], change: Change) -> Filed:
        for _ in range(_TRIES):
            one = await self._found(incident_id)
            if one.standing in done:
                return one
            changed = change(one)
            if changed is one:
                return one
            # The word counts, also where something else is done before it is so.
            told = changed.standing is not one.standing and changed.standing in ANNOUNCED
            told = told or changed.confirmed_at_ms != one.confirmed_at_ms
            events = self._announce(changed) if told else ()
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
