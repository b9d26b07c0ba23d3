"""An incident as the ledger keeps it, and how its standing may change. Pure."""

from collections.abc import Collection, Mapping
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


class What(StrEnum):
    """What people say of an incident."""

    CONFIRMED = "confirmed"
    RELEASED = "released"
    REPORT = "report"
    """It is to be reported at once, or what has failed to be tried again."""
    FILED = "filed"
    """A report about it was filed without us."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What one person said."""

    what: str
    who: str
    why: str
    at_ms: int
    """0: nobody knows."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How an incident ended, by the word of a person or of the vault."""

    incident_id: str
    report_id: str = ""
    """The tip line's, of the finished report that it is part of; empty: it was released."""
    at_ms: int = 0
    """When that was finished, or released."""
    who: str = ""
    why: str = ""
    """Of the person who released it, or who filed that report without us; empty where the vault says it."""


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
    """The vault's ids, in the order of `pictures`; an empty one where the original is lost."""
    purged: bool = False
    """Nothing of it is in the object store any more."""
    dated: bool = False
    """The vault knows how it ended: when it was reported, from when on evidence is kept for a year, or that it was
    released."""
    confirmed_at_ms: int = 0
    ripe_at_ms: int = 0
    """Until when a confirmed one waits for others of its account."""
    report: int = 0
    """The number, in the ledger, of the report that it is part of; 0: of none."""
    who: str = ""
    why: str = ""
    """Of the person who confirmed it, released it or filed the report: the last one."""
    viewed: bool = False
    """The person who confirmed it has looked at the whole of every original."""
    asked: str = ""
    """Who wanted it reported at once, or tried again: the last one."""
    said: tuple[Saying, ...] = ()
    """All that people said, the first said first."""
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

    def kept(self) -> Mapping[str, IncidentContent]:
        """The vault's ids, and what each is of."""
        found = zip(self.evidence, self.pictures(), strict=False)
        return {evidence_id: content for evidence_id, content in found if evidence_id}


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


def preserved(one: Filed, evidence: tuple[str, ...], hold: bool, now: int, gather_ms: int) -> Filed:
    """All its originals are safe that are not lost. `hold`: a person must confirm it; otherwise it is to be reported,
    after it has waited `gather_ms` for others. So is one that a person has confirmed already."""
    safe = replace(one, standing=Standing.HELD, evidence=evidence, tries=0, problem="", due_ms=now)
    if one.confirmed_at_ms:
        return replace(safe, standing=Standing.CONFIRMED)
    return safe if hold else _confirmed(safe, now, gather_ms)


def purged(one: Filed, now: int) -> Filed:
    """Its originals are gone from the object store."""
    return replace(one, purged=True, tries=0, problem="", due_ms=now)


def dated(one: Filed) -> Filed:
    """The vault knows how it ended."""
    return replace(one, dated=True, tries=0, problem="", due_ms=NEVER)


def settled(one: Filed, ended: Ended, now: int) -> Filed:
    """It was released before, which the ledger did not know."""
    said = (*one.said, saying_of(ended))
    return replace(one, standing=Standing.RELEASED, who=ended.who, why=ended.why, said=said, due_ms=now)


def saying_of(ended: Ended) -> Saying:
    """What the person said whose word it is."""
    return Saying(What.FILED if ended.report_id else What.RELEASED, ended.who, ended.why, ended.at_ms)


def rested(one: Filed) -> Filed:
    """Nothing is to be done about it now."""
    return replace(one, due_ms=NEVER)


def put_off(one: Filed, problem: str, now: int) -> Filed:
    """It did not work now; the next try is later, and later each time."""
    return replace(one, tries=one.tries + 1, problem=problem, due_ms=now + wait_ms(one.tries))


def failed(one: Filed, evidence: tuple[str, ...], problem: str) -> Filed:
    """Not all of it can be preserved. Nothing is removed from the object store, either."""
    return replace(one, standing=Standing.FAILED, evidence=evidence, problem=problem, due_ms=NEVER)


# What a person changes is due at once: a worker who was at it has been overtaken, and somebody has to go on.
_OPEN: Final = (Standing.HELD, Standing.FAILED)


def confirm(one: Filed, who: str, why: str, viewed: bool, now: int, gather_ms: int) -> Filed:
    """A person says that it is a match. Of what has failed, all that can be is preserved first; what is lost then is
    reported without a file: the duty is the same.

    WrongStandingError unless it is held or has failed. One whose originals are being preserved since it was confirmed
    stays as it is.
    """
    if one.standing is Standing.NEW and one.confirmed_at_ms:
        return one
    _check(one, "confirmed", _OPEN)
    said = (*one.said, Saying(What.CONFIRMED, who, why, now))
    done = replace(
        _confirmed(one, now, gather_ms), who=who, why=why, said=said, viewed=viewed, problem="", due_ms=now
    )
    return replace(done, standing=Standing.NEW, tries=0) if one.standing is Standing.FAILED else done


def release(one: Filed, who: str, why: str, now: int) -> Filed:
    """A person says that it is none. WrongStandingError unless it is held, has failed, or is confirmed and no part of
    a report yet."""
    _check(one, "released", (*_OPEN, Standing.CONFIRMED))
    return settled(one, Ended(one.id, "", now, who, why), now)


def by_hand(one: Filed, ended: Ended, now: int) -> Filed:
    """A person has filed a report about it without us, so it is a match, whether anybody had confirmed it or not.

    WrongStandingError unless it is confirmed and no part of a report yet, or has failed.
    """
    _check(one, "said to be filed", (Standing.CONFIRMED, Standing.FAILED))
    return replace(noted(one, ended, now), confirmed_at_ms=one.confirmed_at_ms or now, problem="")


def noted(one: Filed, ended: Ended, now: int) -> Filed:
    """What a person says of it is kept, whatever becomes of it."""
    said = (*one.said, saying_of(ended))
    return replace(one, who=ended.who, why=ended.why, said=said, due_ms=now)


def hurry(one: Filed, who: str, now: int) -> Filed:
    """A person wants it reported: one that is confirmed waits for nobody, and preserving what has failed is tried
    again. WrongStandingError for what is held or released."""
    said = one.said
    if not said or (said[-1].what, said[-1].who) != (What.REPORT, who):
        said = (*said, Saying(What.REPORT, who, "", now))
    one = replace(one, asked=who, said=said, due_ms=now)
    match one.standing:
        case Standing.HELD | Standing.RELEASED:
            raise WrongStandingError(f"incident {one.id} is {one.standing}: it cannot be reported")
        case Standing.CONFIRMED:
            return replace(one, ripe_at_ms=min(one.ripe_at_ms, now))
        case Standing.FAILED:
            return replace(one, standing=Standing.NEW, tries=0)
        case _:
            return one


def _confirmed(one: Filed, now: int, gather_ms: int) -> Filed:
    return replace(one, standing=Standing.CONFIRMED, confirmed_at_ms=now, ripe_at_ms=now + gather_ms)


def _check(one: Filed, what: str, open_standings: Collection[Standing]) -> None:
    if one.standing not in open_standings:
        raise WrongStandingError(f"incident {one.id} is {one.standing}: it cannot be {what}")
