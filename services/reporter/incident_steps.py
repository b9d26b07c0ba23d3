"""What is due about one incident: its originals are preserved and then gone from the object store, and the vault is
told how it ended."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from reporter.incident import Ended, Filed, Standing, dated, failed, preserved, purged, put_off, rested, settled
from reporter.ledger import Event, Ledger
from reporter.manner import ANNOUNCED, Announce, Manner
from reporter.ports import LostError, Vault
from sluice.errors import RetryableError, TerminalError

PATIENCE: Final = 8
"""Tries of preserving, some nine minutes in all, after which what the vault refuses of one incident is one for a
person: all of the vault being away or not sound is no such refusal."""


class IncidentSteps:
    """Of one worker."""

    def __init__(
        self, ledger: Ledger, vault: Vault, announce: Announce, manner: Manner, now: Callable[[], int]
    ) -> None:
        """`now`: milliseconds since the epoch."""
        self._ledger = ledger
        self._vault = vault
        self._announce = announce
        self._manner = manner
        self._now = now

    async def once(self, one: Filed) -> None:
        """The next step of one that is due. StaleError, RetryableError."""
        ended: Ended | None = None
        events: Sequence[Event] = ()
        try:
            changed, ended = await self._next(one)
        except RetryableError as error:
            changed = put_off(one, str(error), self._now())
        except TerminalError as error:
            # Once it is preserved, reporting goes on; what else could not be done stays visible until it can.
            changed = put_off(one, str(error), self._now())
        if ended is not None and ended.report_id:
            await self._ledger.adopt(replace(changed, due_ms=self._now()), ended)
            return
        if ended is not None:
            changed = settled(changed, ended, self._now())
        if one.standing is not changed.standing and changed.standing in ANNOUNCED:
            events = self._announce(changed)
        await self._ledger.save_incident(changed, events)

    async def ended(self, one: Filed) -> Ended | None:
        """How it ended before, if the vault knows: a ledger that was lost, or is an old copy, does not. Raises as
        `Vault`."""
        known = [await self._vault.ended(each, one.id) for each in one.kept()]
        found = [each for each in known if each is not None]
        return next((each for each in found if each.report_id), found[0] if found else None)

    async def _next(self, one: Filed) -> tuple[Filed, Ended | None]:
        if one.standing is Standing.NEW:
            changed = await self._preserved(one)
            return changed, await self.ended(changed)
        if one.kept() and not one.purged:
            for content in one.kept().values():
                await self._vault.purge(content)
            return purged(one, self._now()), None
        if one.standing is Standing.REPORTED and not one.dated:
            return await self._reported(one), None
        if one.standing is Standing.RELEASED and not one.dated:
            ended = await self.ended(one)
            if ended is not None and ended.report_id:
                return one, ended
            for each in one.kept():
                await self._vault.released(each, one.id, one.who, one.why)
            return dated(one), None
        return rested(one), None

    async def _preserved(self, one: Filed) -> Filed:
        """All that is left of it: where one original is lost, the others are not. Raises as `Vault`: what the vault
        does not take now is no less there. A piece of the vault that is damaged for good would be waited for for
        ever, and nobody could say anything of the incident meanwhile: that ends."""
        incident, evidence, lost = one.incident(), [], ""
        refused: TerminalError | None = None
        for each in one.pictures():
            try:
                evidence.append(await self._vault.preserve(incident, each))
            except LostError as error:
                evidence.append("")
                lost = lost or str(error)
            except TerminalError as error:
                evidence.append("")
                refused = refused or error
        if refused is not None and one.tries < PATIENCE:
            raise refused
        lost = lost or str(refused or "")
        # Who has confirmed it all the same knows that something is lost.
        if lost and not one.confirmed_at_ms:
            return failed(one, tuple(evidence), lost)
        hold = self._manner.hold or incident.held
        return preserved(one, tuple(evidence), hold, self._now(), self._manner.gather_ms)

    async def _reported(self, one: Filed) -> Filed:
        report = await self._ledger.report(one.report)
        if report is not None:
            for each in one.kept():
                await self._vault.reported(each, one.id, report.report_id, report.finished_at_ms)
        return dated(one)
