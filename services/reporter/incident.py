"""An incident as the ledger keeps it, and how its standing may change. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from reporter.backoff import NEVER, wait_ms
from sluice.errors import TerminalError
from sluice.v1.incident_pb2 import Incident, IncidentContent


class Standing(StrEnum):
    """How far an incident is."""

    NEW = "new"
    """Its originals are not known to be safe yet."""
    HELD = "held"
    """Its evidence is preserved, and a person must say what becomes of it."""
    CONFIRMED = "confirmed"
    """To be reported; waits for others of the same account."""
    REPORTING = "reporting"
    """Part of a report that is under way."""
    REPORTED = "reported"
    RELEASED = "released"
    """A person said that it is no match. It is not reported; its evidence is kept."""
    FAILED = "failed"
    """Its evidence cannot be preserved: a person must see to it."""


class WrongStandingError(TerminalError):
    """What is asked for is not possible as the incident stands."""


@dataclass(frozen=True, slots=True)
class Filed:
    """One incident. Times are milliseconds since the epoch, UTC."""

    id: str
    tenant: str
    account_id: str
    """Empty where nobody knows: such incidents are never reported together."""
    test: bool
    message: bytes
    """The `Incident` as it was read."""
    seen_at_ms: int
    """When it got into the ledger."""
    standing: Standing = Standing.NEW
    evidence: tuple[str, ...] = ()
    """The vault's ids, in the order of `pictures`."""
    purged: bool = False
    """Nothing of it is in the object store any more."""
    dated: bool = False
    """The vault knows when it was reported: from then on evidence is kept for a year."""
    confirmed_at_ms: int = 0
    report: int = 0
    """The number, in the ledger, of the report that it is part of; 0: of none."""
    who: str = ""
    why: str = ""
    """Of the person who confirmed or released it."""
    problem: str = ""
    """What went wrong last; never content."""
    tries: int = 0
    due_ms: int = 0
    """When it is worked on next; `NEVER` where nothing is to be done."""
    version: int = 0
    """Rises with every change: who holds an older one can change nothing."""

    def incident(self) -> Incident:
        """What was read from the log."""
        return Incident.FromString(self.message)

    def pictures(self) -> list[IncidentContent]:
        """What of it lies in the object store. Views of one picture have the same original."""
        return [each for each in self.incident().contents if each.original.uri]


def filed(incident: Incident, now: int) -> Filed:
    """A new one. `now`: its time in the ledger."""
    return Filed(
        id=incident.id,
        tenant=incident.tenant,
        account_id=incident.account_id,
        test=incident.test,
        message=incident.SerializeToString(),
        seen_at_ms=now,
        due_ms=now,
    )


def preserved(one: Filed, evidence: tuple[str, ...], hold: bool, now: int) -> Filed:
    """All its originals are safe. `hold`: a person must confirm it; otherwise it is to be reported."""
    standing = Standing.HELD if hold else Standing.CONFIRMED
    confirmed = 0 if hold else now
    return replace(
        one, standing=standing, evidence=evidence, confirmed_at_ms=confirmed, tries=0, problem="", due_ms=now
    )


def purged(one: Filed, now: int) -> Filed:
    """Its originals are gone from the object store."""
    return replace(one, purged=True, tries=0, problem="", due_ms=now)


def dated(one: Filed) -> Filed:
    """The vault knows when it was reported."""
    return replace(one, dated=True, tries=0, problem="", due_ms=NEVER)


def rested(one: Filed) -> Filed:
    """Nothing is to be done about it now."""
    return replace(one, due_ms=NEVER)


def put_off(one: Filed, problem: str, now: int) -> Filed:
    """It did not work now; the next try is later, and later each time."""
    return replace(one, tries=one.tries + 1, problem=problem, due_ms=now + wait_ms(one.tries))


def failed(one: Filed, problem: str) -> Filed:
    """It cannot be preserved. Nothing is removed from the object store, either."""
    return replace(one, standing=Standing.FAILED, problem=problem, due_ms=NEVER)


_OPEN: Final = (Standing.HELD, Standing.FAILED)


def confirm(one: Filed, who: str, why: str, now: int) -> Filed:
    """A person says that it is a match. One that has no evidence is reported without a file: the duty is the same.

    WrongStandingError unless it is held or has failed.
    """
    _check(one, "confirmed")
    return replace(one, standing=Standing.CONFIRMED, confirmed_at_ms=now, who=who, why=why, problem="")


def release(one: Filed, who: str, why: str) -> Filed:
    """A person says that it is none. WrongStandingError unless it is held or has failed."""
    _check(one, "released")
    return replace(one, standing=Standing.RELEASED, who=who, why=why)


def again(one: Filed, now: int) -> Filed:
    """Preserving it is tried again. WrongStandingError unless it has failed."""
    if one.standing is not Standing.FAILED:
        raise WrongStandingError(f"incident {one.id} is {one.standing}: nothing has failed")
    return replace(one, standing=Standing.NEW, tries=0, due_ms=now)


def _check(one: Filed, what: str) -> None:
    if one.standing not in _OPEN:
        raise WrongStandingError(f"incident {one.id} is {one.standing}: it cannot be {what}")
