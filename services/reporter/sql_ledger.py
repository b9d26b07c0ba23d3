"""`Ledger` over any database that can run a script of statements as one transaction."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from reporter import scripts
from reporter.incident import Filed, Standing
from reporter.ledger import Account, Event, StaleError
from reporter.report import Report
from reporter.scripts import Script

T = TypeVar("T")


class SqlLedger(ABC):
    """A database is a subclass, which runs scripts. What the methods promise is told by `Ledger`."""

    @abstractmethod
    async def run(self, script: Script[T]) -> T:
        """Runs a script to its end, as one transaction; returns what it returns."""

    @abstractmethod
    async def close(self) -> None:
        """Lets go of the database."""

    async def add(self, incident: Filed) -> bool:
        return await self.run(scripts.add(incident))

    async def incident(self, incident_id: str) -> Filed | None:
        return await self.run(scripts.incident(incident_id))

    async def incidents(self, standings: Collection[Standing], limit: int) -> Sequence[Filed]:
        return await self.run(scripts.incidents(standings, limit)) if standings else ()

    async def claim_incident(self, now: int) -> Filed | None:
        return await self.run(scripts.claim_incident(now))

    async def save_incident(self, incident: Filed, events: Sequence[Event] = ()) -> Filed:
        changed = replace(incident, version=incident.version + 1)
        await self.run(scripts.save_incident(changed, events))
        return changed

    async def gather(self, confirmed_before_ms: int, now: int, most: int) -> Report | None:
        try:
            return await self.run(scripts.gather(confirmed_before_ms, now, most))
        except StaleError:
            # Another process was quicker.
            return None

    async def report(self, number: int) -> Report | None:
        return await self.run(scripts.report(number))

    async def claim_report(self, now: int, tests: Collection[bool]) -> Report | None:
        return await self.run(scripts.claim_report(now, tests)) if tests else None

    async def save_report(self, report: Report) -> Report:
        changed = replace(report, version=report.version + 1)
        await self.run(scripts.save_report(changed))
        return changed

    async def earlier(self, account: Account, limit: int) -> Sequence[str]:
        return await self.run(scripts.earlier(account, limit)) if account.account_id else ()

    async def unpublished(self, limit: int) -> Sequence[Event]:
        return await self.run(scripts.unpublished(limit))

    async def published(self, numbers: Sequence[int]) -> None:
        await self.run(scripts.published(numbers))

    async def counts(self) -> Mapping[str, int]:
        return await self.run(scripts.counts())

    async def ping(self) -> None:
        await self.run(scripts.ping())
