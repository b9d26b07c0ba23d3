"""Does what is due: preserves, gathers, reports. One step after the other, from whatever line the last one got to."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any, Final

from reporter.incident import Ended, Filed, put_off
from reporter.incident_steps import IncidentSteps
from reporter.ledger import Account, Ledger, StaleError
from reporter.lifting import lifted
from reporter.machine import Answer, Machine
from reporter.manner import Announce, Manner
from reporter.ports import Forms, Tipline, TiplineError, Vault
from reporter.report import Phase, Report
from sluice.errors import RetryableError, TerminalError

EARLIER: Final = 50
"""Earlier reports about an account that a report names."""
_UNSAID: Final = "what came of it could not be written down"
_OVER: Final = frozenset({Phase.FINISHED, Phase.FAILED, Phase.DISSOLVED})


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
        self._announce = announce
        self._incidents = IncidentSteps(ledger, vault, announce, manner, now)
        self._tiplines = dict(tiplines)
        self._forms = forms
        self._manner = manner
        self._now = now
        self._machine = machine or Machine()
        self._stopping = False
        self._held: Filed | Report | None = None

    async def once(self) -> bool:
        """One incident, one gathering, one report; False where nothing was due.

        RetryableError where the ledger does not answer: what was under way is put off when this is called again, or
        is taken up by others when its lease is over.
        """
        if self._stopping:
            return False
        await self._put_off()
        self._held = found = await self._ledger.claim_incident(self._now())
        if found is not None:
            await self._overtaken(self._incidents.once(found))
        # Where nobody would take a report its incidents stay apart: each may still be released.
        kinds = self._tiplines.keys()
        gathered = await self._ledger.gather(self._now(), self._manner.most_incidents, kinds)
        self._held = report = await self._ledger.claim_report(self._now(), kinds)
        if report is not None:
            await self._overtaken(self._report(report))
        self._held = None
        return found is not None or gathered is not None or report is not None

    def stop(self) -> None:
        """After the call in hand nothing more is begun. What is not finished is handed back: it is due at once."""
        self._stopping = True

    async def give_back(self) -> None:
        """Hands back what was in hand when `once` was cancelled, or gave up. RetryableError."""
        held, self._held = self._held, None
        if isinstance(held, Filed):
            await self._overtaken(self._ledger.save_incident(replace(held, due_ms=self._now())))
        elif held is not None:
            await self._overtaken(self._ledger.save_report(replace(held, due_ms=self._now())))

    async def _put_off(self) -> None:
        """What the last `once` had in hand when it gave up."""
        held, self._held = self._held, None
        if isinstance(held, Filed):
            await self._overtaken(self._ledger.save_incident(put_off(held, held.problem or _UNSAID, self._now())))
        elif held is not None:
            late = self._machine.put_off(held, held.problem or _UNSAID, self._now())
            await self._overtaken(self._ledger.save_report(late))

    async def _overtaken(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except StaleError:
            # Whoever changed it has it now.
            return

    async def _report(self, report: Report) -> None:
        report = self._machine.recovered(report)
        try:
            ended = await self._ended(report)
        except RetryableError as error:
            await self._save(self._machine.put_off(report, str(error), self._now()))
            return
        except TerminalError as error:
            await self._save(self._machine.failed(report, str(error)))
            return
        if ended:
            self._held = report = await self._save(self._machine.parted(report, ended, self._now()))
        if report.phase not in _OVER:
            moved = self._machine.moved(report, self._tiplines[report.test].where, self._now())
            if moved != report:
                self._held = report = await self._save(moved)
        before = report.tries
        while report.phase not in _OVER and report.tries == before:
            if self._stopping:
                await self._ledger.save_report(replace(report, due_ms=self._now()))
                return
            self._held = report = await self._step(report)

    async def _ended(self, report: Report) -> list[Ended]:
        """Of whom the vault knows how they ended: this ledger is an old copy, or was lost and is filled again, or
        people have lifted the hold on the evidence. RetryableError, TerminalError."""
        known = {one.incident_id for one in report.leaving}
        members = [one for one in await self._members(report) if one.id not in known]
        return [found for one in members if (found := await self._incidents.ended(one)) is not None]

    async def _save(self, report: Report) -> Report:
        """Who stays when it is dissolved waits as if it were just confirmed: a person may want to release more."""
        events = await lifted(self._ledger, report, self._announce)
        return await self._ledger.save_report(report, self._now() + self._manner.gather_ms, events)

    async def _step(self, report: Report) -> Report:
        begun = self._machine.begun(report, self._now(), self._tiplines[report.test].where)
        try:
            call = await self._prepared(begun)
        except RetryableError as error:
            return await self._save(self._machine.put_off(report, str(error), self._now()))
        except TerminalError as error:
            return await self._save(self._machine.failed(report, str(error)))
        self._held = begun = await self._ledger.save_report(begun)
        try:
            after = self._machine.done(begun, await call(), self._now())
        except TiplineError as error:
            after = self._machine.refused(begun, error, self._now())
        return await self._save(after)

    async def _prepared(self, report: Report) -> Call:
        """The call that `report.phase` names, with all that it needs. RetryableError, TerminalError."""
        tipline, report_id = self._tiplines[report.test], report.report_id
        match report.phase:
            case Phase.SUBMITTING:
                account = Account(report.tenant, report.account_id, report.test)
                earlier = await self._ledger.earlier(account, tipline.where, EARLIER)
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
