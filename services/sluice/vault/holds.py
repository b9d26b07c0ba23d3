"""How long evidence stays, and who may end that. Pure: a fold over its events, and the questions asked of it.

18 USC 2258A(h), as the REPORT Act (Pub. L. 118-59) has it: one year from the report. What was never reported has no
end of its own; two people end it. Counsel should confirm the figures for where this runs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sluice.vault.errors import RefusedError
from sluice.vault.events import Cause, Destroying, Event, Held, HoldLifted, Kept, ReleaseAsked, Reported
from sluice.vault.people import People

SECOND_WITHIN_MS = 24 * 3_600_000
"""The second person has to come this soon after the first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a piece of evidence stands. `reports`: incident -> its first finished report. `asked`: by what is to be
    released (a hold's name, or empty), the request that a second person may still join. `lifted`: holds that were."""

    kept: tuple[Kept, ...] = ()
    reports: Mapping[str, Reported] = field(default_factory=dict)
    holds: Mapping[str, Held] = field(default_factory=dict)
    asked: Mapping[str, ReleaseAsked] = field(default_factory=dict)
    lifted: frozenset[str] = frozenset()
    destroying: Destroying | None = None


def standing(events: Iterable[Event]) -> Standing:
    """What the events come to. Any event but an asking makes older requests to destroy void: they were about
    something else."""
    now = Standing()
    for event in events:
        others = {hold: ask for hold, ask in now.asked.items() if hold}
        match event:
            case Kept():
                now = replace(now, kept=(*now.kept, event), asked=others)
            case Reported():
                now = replace(now, reports={event.incident_id: event, **now.reports}, asked=others)
            case Held():
                others.pop(event.hold, None)
                now = replace(now, holds={**now.holds, event.hold: event}, asked=others)
            case ReleaseAsked():
                now = replace(now, asked={**now.asked, event.hold: event})
            case HoldLifted():
                others.pop(event.hold, None)
                holds = {name: hold for name, hold in now.holds.items() if name != event.hold}
                now = replace(now, holds=holds, asked=others, lifted=now.lifted | {event.hold})
            case Destroying():
                now = replace(now, destroying=event)
    return now


def year_after(at_ms: int) -> int:
    """The same moment a year later; of 29 February, the first of March."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    day = (at.month, at.day) if (at.month, at.day) != (2, 29) else (3, 1)
    later = at.replace(year=at.year + 1, month=day[0], day=day[1])
    return int(later.timestamp() * 1000)


def expires_at_ms(now: Standing) -> int | None:
    """When it is due; None: it has no end yet, because an incident was not reported, or a legal hold has none."""
    ends = []
    for one in now.kept:
        report = now.reports.get(one.facts.incident_id)
        if report is None:
            return None
        # What is kept again after its report is finished is held from then on.
        ends.append(year_after(max(report.reported_at_ms, one.at_ms)))
    if not ends:
        return None
    if any(not hold.until_ms for hold in now.holds.values()):
        return None
    return max([*ends, *(hold.until_ms for hold in now.holds.values())])


def due(now: Standing, at_ms: int) -> bool:
    """Whether its time is over."""
    end = expires_at_ms(now)
    return end is not None and at_ms >= end


def holding(now: Standing, at_ms: int) -> tuple[Held, ...]:
    """The legal holds that stand."""
    return tuple(hold for hold in now.holds.values() if not hold.until_ms or at_ms < hold.until_ms)


def held(now: Standing, wanted: Held) -> Held | None:
    """The event that holds it; None where just that hold stands already. A hold can be made longer, never shorter.

    Raises RefusedError.
    """
    before = now.holds.get(wanted.hold)
    if before is None:
        return wanted
    if before.until_ms == wanted.until_ms:
        return None
    if not before.until_ms or 0 < wanted.until_ms < before.until_ms:
        raise RefusedError(f"hold {wanted.hold} is longer than that: it takes two people to lift it")
    return wanted


def released(now: Standing, ask: ReleaseAsked, people: People) -> ReleaseAsked | HoldLifted | Destroying | None:
    """What follows when somebody wants a release: the first half of it, the second, or (None) nothing new: the hold
    is lifted, or the same person asks again, and it still waits for another one.

    Raises RefusedError where a legal hold stands, or there is no such hold.
    """
    if ask.hold in now.lifted and ask.hold not in now.holds:
        return None
    if ask.hold and ask.hold not in now.holds:
        raise RefusedError(f"there is no hold {ask.hold}")
    standing_holds = holding(now, ask.at_ms)
    if not ask.hold and standing_holds:
        names = ", ".join(sorted(hold.hold for hold in standing_holds))
        raise RefusedError(f"a legal hold stands ({names}): two people have to lift it first")
    first = now.asked.get(ask.hold)
    if first is None or not first.at_ms <= ask.at_ms < first.at_ms + SECOND_WITHIN_MS:
        return ask
    if people.same(first.who, ask.who):
        return None
    if ask.hold:
        return HoldLifted(ask.at_ms, ask.who, ask.why, ask.hold, first.who)
    return Destroying(ask.at_ms, ask.who, ask.why, Cause.RELEASED, first.who)
