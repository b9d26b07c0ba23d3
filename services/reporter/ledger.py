"""What the reporter remembers, and what a store of it can be asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from reporter.incident import Ended, Filed, Standing
from reporter.report import Report
from sluice.errors import SluiceError

KINDS: Final = (False, True)
"""Incidents of test lists, and all others, by what `Filed.test` says."""


class StaleError(SluiceError):
    """Somebody else has changed it meanwhile: what was to be written is not."""


@dataclass(frozen=True, slots=True)
class Event:
    """A record for a topic. It is written down with the change that it tells of, and published afterwards: at least
    once, and under the same id."""

    id: str
    topic: str
    key: bytes
    value: bytes
    number: int = 0
    """Given by the ledger, from 1 and rising."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose reports: the two kinds, tests and others, never meet."""

    tenant: str
    account_id: str
    test: bool


class Ledger(Protocol):
    """Any number of processes may use one. Each method is one transaction, is on the disk when it returns, and may
    raise RetryableError, which does not tell whether it was done."""

    async def add(self, incident: Filed) -> bool:
        """Takes in a new incident. False where its id is known, which changes nothing."""

    async def incident(self, incident_id: str) -> Filed | None:
        """The incident with this id."""

    async def incidents(self, standings: Collection[Standing], limit: int, after: str = "") -> Sequence[Filed]:
        """Incidents that stand so, the first seen first; those behind the one with the id `after`, where it is given:
        none where there is no such incident."""

    async def claim_incident(self, now: int) -> Filed | None:
        """One that is due, for the caller alone for `LEASE_MS`; None where none is."""

    async def save_incident(self, incident: Filed, events: Sequence[Event] = ()) -> Filed:
        """Writes a change, and the events that tell of it; an event whose id is known is left out.

        Returns the incident with its new version. StaleError.
        """

    async def gather(self, now: int, most: int, tests: Collection[bool] = KINDS) -> Report | None:
        """Makes one report of all confirmed incidents of an account, what waited longest first, at most so many.

        Of an account of which one has waited to its end; None where there is none. An incident without an account is
        a report by itself. `tests`: which of the two kinds.
        """

    async def report(self, number: int) -> Report | None:
        """The report with this number."""

    async def claim_report(self, now: int, tests: Collection[bool]) -> Report | None:
        """One that is due, as `claim_incident`. `tests`: which of the two kinds."""

    async def save_report(self, report: Report, ripe_at_ms: int = 0, events: Sequence[Event] = ()) -> Report:
        """Writes a change, and the events that tell of it. StaleError.

        Of a report that is finished, all incidents are reported from then on. Of one that is dissolved, those that
        leave are what they ended as; the others are confirmed, and wait until `ripe_at_ms`.
        """

    async def adopt(self, incident: Filed, ended: Ended, events: Sequence[Event] = ()) -> Filed:
        """Writes that it is part of a finished report, which the ledger did not know, and the events that tell of
        that. Whom a person told (`Ended.who`), the vault does not know either. StaleError."""

    async def earlier(self, account: Account, endpoint: str, limit: int) -> Sequence[str]:
        """Ids, of the tip line, of finished reports about an account, the latest first. `endpoint`: of those that
        were finished there, as `Report.endpoint` says."""

    async def unpublished(self, limit: int) -> Sequence[Event]:
        """Events that were not published yet, the first written first."""

    async def published(self, numbers: Sequence[int]) -> None:
        """These events were."""

    async def counts(self) -> Mapping[str, int]:
        """Incidents by standing, and reports that are not finished by phase: `held`, `report failed`, ...; with
        `unpublished`, how many events are."""

    async def oldest(self, tests: Collection[bool] = KINDS) -> Mapping[Standing, int]:
        """Since when the first one waits of those that are held, confirmed or reporting, as far as there are any:
        since it was seen or, where it is confirmed, since then. Milliseconds since the epoch. `tests`: which of the
        two kinds of those that are confirmed or reporting."""

    async def waiting(self) -> Mapping[bool, int]:
        """How many are confirmed or reporting, of the two kinds."""

    async def places(self, keys: Collection[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
        """Of these partitions, topic and number, the offset to read next; see `sluice.bus.places`."""

    async def keep_places(self, places: Mapping[tuple[str, int], int]) -> None:
        """All incidents below these offsets are here."""

    async def ping(self) -> None:
        """Returns where it answers."""

    async def close(self) -> None:
        """Lets go of it."""
