"""Does what is due: preserves, gathers, reports. One step after the other, from whatever line the last one got to."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reporter.incident import Filed, Standing, dated, failed, preserved, purged, put_off, rested
from reporter.ledger import Account, Event, Ledger, StaleError
from reporter.machine import Answer, Machine
from reporter.ports import Forms, Tipline, TiplineError, Vault
from reporter.report import Phase, Report
from sluice.errors import RetryableError, TerminalError

EARLIER: Final = 50
"""Earlier reports about an account that a report names."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the operator wants it. `hold`: a person confirms each incident before it is reported."""

    hold: bool = True
    gather_ms: int = 10 * 60_000
    """How long a confirmed incident waits for others of its account."""
    most_incidents: int = 50
    """Of one report."""


Announce = Callable[[Filed], Sequence[Event]]
"""The events that tell of an incident that was just confirmed."""
Call = Callable[[], Awaitable[Answer]]


class Steps:
    """One worker. Any number may share a ledger."""

    def __init__(
        self,
        ledger: Ledger,
        vault: Vault,
        tiplines: Mapping[bool, Tipline],
        forms: Forms,
        announce: Announce,
        manner: Manner,
        now: Callable[[], int],
        machine: Machine | None = None,
    ) -> None:
        """`tiplines`: where incidents of test lists go (True), and where all others go (False); those of a kind that
        is not there are kept until it is. `now`: milliseconds since the epoch."""
        self._ledger = ledger
        self._vault = vault
        self._tiplines = dict(tiplines)
        self._forms = forms
        self._announce = announce
        self._manner = manner
        self._now = now
        self._machine = machine or Machine()

    async def once(self) -> bool:
        """One incident, one gathering, one report; False where nothing was due.

        RetryableError where the ledger does not answer: what was under way is taken up again when its lease is over.
        """
        found = await self._ledger.claim_incident(self._now())
        if found is not None:
            await self._overtaken(self._incident(found))
        now = self._now()
        gathered = await self._ledger.gather(now - self._manner.gather_ms, now, self._manner.most_incidents)
        report = await self._ledger.claim_report(self._now(), self._tiplines.keys())
        if report is not None:
            await self._overtaken(self._report(report))
        return found is not None or gathered is not None or report is not None

    async def _overtaken(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except StaleError:
            # Whoever changed it has it now.
            return

    async def _incident(self, one: Filed) -> None:
        events: Sequence[Event] = ()
        try:
            if one.standing is Standing.NEW:
                changed = await self._preserved(one)
                if changed.standing is Standing.CONFIRMED:
                    events = self._announce(changed)
            elif one.evidence and not one.purged:
                changed = await self._purged(one)
            elif one.standing is Standing.REPORTED and not one.dated:
                changed = await self._dated(one)
            else:
                changed = rested(one)
        except RetryableError as error:
            changed = put_off(one, str(error), self._now())
        except TerminalError as error:
            # Once it is preserved, reporting goes on; what else could not be done stays visible until it can.
            new = one.standing is Standing.NEW
            changed = failed(one, str(error)) if new else put_off(one, str(error), self._now())
        await self._ledger.save_incident(changed, events)

    async def _preserved(self, one: Filed) -> Filed:
        incident = one.incident()
        evidence = [await self._vault.preserve(incident, each) for each in one.pictures()]
        return preserved(one, tuple(evidence), self._manner.hold or incident.held, self._now())

    async def _purged(self, one: Filed) -> Filed:
        for each in one.pictures():
            await self._vault.purge(each)
        return purged(one, self._now())

    async def _dated(self, one: Filed) -> Filed:
        report = await self._ledger.report(one.report)
        if report is not None:
            for each in one.evidence:
                await self._vault.reported(each, one.id, report.report_id, report.finished_at_ms)
        return dated(one)

    async def _report(self, report: Report) -> None:
        report = self._machine.recovered(report)
        while report.phase not in {Phase.FINISHED, Phase.FAILED}:
            before = report.tries
            report = await self._step(report)
            if report.tries != before:
                return

    async def _step(self, report: Report) -> Report:
        begun = self._machine.begun(report, self._now())
        try:
            call = await self._prepared(begun)
        except RetryableError as error:
            return await self._ledger.save_report(self._machine.put_off(report, str(error), self._now()))
        except TerminalError as error:
            return await self._ledger.save_report(self._machine.failed(report, str(error)))
        begun = await self._ledger.save_report(begun)
        try:
            after = self._machine.done(begun, await call(), self._now())
        except TiplineError as error:
            after = self._machine.refused(begun, error, self._now())
        return await self._ledger.save_report(after)

    async def _prepared(self, report: Report) -> Call:
        """The call that `report.phase` names, with all that it needs. RetryableError, TerminalError."""
        tipline, report_id = self._tiplines[report.test], report.report_id
        match report.phase:
            case Phase.SUBMITTING:
                account = Account(report.tenant, report.account_id, report.test)
                earlier = await self._ledger.earlier(account, EARLIER)
                document = self._forms.report(report, await self._members(report), earlier)
                return lambda: tipline.submit(document)
            case Phase.UPLOADING:
                file = report.files[report.place()]
                data = await self._vault.read(file.evidence_id, f"report {report.number}")
                return lambda: tipline.upload(report_id, file.evidence_id, data)
            case Phase.DESCRIBING:
                details = self._forms.details(report, await self._members(report), report.place())
                return lambda: tipline.fileinfo(report_id, details)
            case Phase.FINISHING:
                return lambda: tipline.finish(report_id)
            case _:
                return lambda: tipline.retract(report_id)

    async def _members(self, report: Report) -> list[Filed]:
        found = [await self._ledger.incident(each) for each in report.members]
        return [each for each in found if each is not None]
