"""The ledger in a database: each method is one script."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from reporter import scripts
from reporter.incident import Ended, Filed, Standing
from reporter.ledger import KINDS, Account, Event, StaleError
from reporter.migrations import PLACES
from reporter.report import Report
from sluice.sql.database import Database

T = TypeVar("T")


class SqlLedger:
    """What the methods promise is told by `Ledger`."""

    def __init__(self, database: Database) -> None:
        """A database with the tables of `reporter.migrations`."""
        self._run = database.run
        self.close = database.close

    async def add(self, incident: Filed) -> bool:
        return await self._run(scripts.add(incident))

    async def take_over(self, now: int) -> None:
        """Nobody works with it any more: what was claimed, or put off, is due now. RetryableError."""
        await self._run(scripts.take_over(now))

    async def incident(self, incident_id: str) -> Filed | None:
        return await self._run(scripts.incident(incident_id))

    async def incidents(self, standings: Collection[Standing], limit: int, after: str = "") -> Sequence[Filed]:
        return await self._run(scripts.incidents(standings, limit, after)) if standings else ()

    async def claim_incident(self, now: int) -> Filed | None:
        return await self._run(scripts.claim_incident(now))

    async def save_incident(self, incident: Filed, events: Sequence[Event] = ()) -> Filed:
        changed = replace(incident, version=incident.version + 1)
        await self._run(scripts.save_incident(changed, events))
        return changed

    async def gather(self, now: int, most: int, tests: Collection[bool] = KINDS) -> Report | None:
        if not tests:
            return None
        try:
            return await self._run(scripts.gather(now, most, tests))
        except StaleError:
            # Another process was quicker.
            return None

    async def report(self, number: int) -> Report | None:
        return await self._run(scripts.report(number))

    async def claim_report(self, now: int, tests: Collection[bool]) -> Report | None:
        return await self._run(scripts.claim_report(now, tests)) if tests else None

    async def save_report(self, report: Report, ripe_at_ms: int = 0, events: Sequence[Event] = ()) -> Report:
        changed = replace(report, version=report.version + 1)
        await self._run(scripts.save_report(changed, ripe_at_ms, events))
        return changed

    async def adopt(self, incident: Filed, ended: Ended, events: Sequence[Event] = ()) -> Filed:
        return await self._run(scripts.adopt(incident, ended, events))

    async def earlier(self, account: Account, endpoint: str, limit: int) -> Sequence[str]:
        return await self._run(scripts.earlier(account, endpoint, limit)) if account.account_id else ()

    async def unpublished(self, limit: int) -> Sequence[Event]:
        return await self._run(scripts.unpublished(limit))

    async def published(self, numbers: Sequence[int]) -> None:
        await self._run(scripts.published(numbers))

    async def counts(self) -> Mapping[str, int]:
        return await self._run(scripts.counts())

    async def oldest(self, tests: Collection[bool] = KINDS) -> Mapping[Standing, int]:
        return await self._run(scripts.oldest(tests))

    async def waiting(self) -> Mapping[bool, int]:
        return await self._run(scripts.waiting())

    async def places(self, keys: Collection[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
        return await self._run(PLACES.places(keys))

    async def keep_places(self, places: Mapping[tuple[str, int], int]) -> None:
        await self._run(PLACES.keep(places))

    async def ping(self) -> None:
        await self._run(scripts.ping())
