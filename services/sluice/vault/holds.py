"""How long evidence stays, and who may end that. Pure: a fold over its events, and the questions asked of it.

18 USC 2258A(h), as the REPORT Act (Pub. L. 118-59) has it: one year from the report. What was never reported has no
end of its own; two people end it. Counsel should confirm the figures for where this runs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from sluice.vault.errors import RefusedError
from sluice.vault.events import Cause, Destroying, Event, Held, HoldLifted, Kept, ReleaseAsked, Reported
from sluice.vault.people import People

REPORT_HOLD = "report of "
_MOST_NAME = 200
SECOND_WITHIN_MS = 24 * 3_600_000
"""The second person has to come this soon after the first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a piece of evidence stands. `reports`: incident -> its first finished report. `asked`: by what is to be
    released (a hold's name, or empty), the request that a second person may still join. `lifted`: holds that were,
    and do not stand again."""

    kept: tuple[Kept, ...] = ()
    reports: Mapping[str, Reported] = field(default_factory=dict)
    holds: Mapping[str, Held] = field(default_factory=dict)
    asked: Mapping[str, ReleaseAsked] = field(default_factory=dict)
    lifted: Mapping[str, HoldLifted] = field(default_factory=dict)
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
                holds = without(now.holds, report_hold(event.incident_id))
                reports = {event.incident_id: event, **now.reports}
                now = replace(now, reports=reports, holds=holds, asked=others)
            case Held():
                others.pop(event.hold, None)
                holds, lifted = {**now.holds, event.hold: event}, without(now.lifted, event.hold)
                now = replace(now, holds=holds, asked=others, lifted=lifted)
            case ReleaseAsked():
                now = replace(now, asked={**now.asked, event.hold: event})
            case HoldLifted():
                others.pop(event.hold, None)
                holds, lifted = without(now.holds, event.hold), {**now.lifted, event.hold: event}
                now = replace(now, holds=holds, asked=others, lifted=lifted)
            case Destroying():
                now = replace(now, destroying=event)
    return now


T = TypeVar("T")


def without(named: Mapping[str, T], name: str) -> dict[str, T]:
    """All but this one."""
    return {each: value for each, value in named.items() if each != name}


def report_hold(incident_id: str) -> str:
    """The reporter's hold on evidence: it stands until the incident is reported, or released."""
    return f"{REPORT_HOLD}{incident_id}"[:_MOST_NAME]


def awaited(now: Standing, incident_id: str, wanted: Held) -> Held | None:
    """The event that puts the reporter's hold there; None where it stands or stood before."""
    name = report_hold(incident_id)
    over = incident_id in now.reports or name in now.lifted
    return None if over else held(now, replace(wanted, hold=name, until_ms=0))


def declined(now: Standing, incident_id: str, lifted: HoldLifted) -> HoldLifted | None:
    """The event that lifts it, because no report will be made; None where it is lifted, or the report was made."""
    name = report_hold(incident_id)
    over = incident_id in now.reports or name in now.lifted
    return None if over else replace(lifted, hold=name)


def year_after(at_ms: int) -> int:
    """The same moment a year later; of 29 February, the first of March."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    day = (at.month, at.day) if (at.month, at.day) != (2, 29) else (3, 1)
    later = at.replace(year=at.year + 1, month=day[0], day=day[1])
    return int(later.timestamp() * 1000)


def expires_at_ms(now: Standing) -> int | None:
    """When it is due; None: it has no end yet, because no incident was reported, or one is neither reported nor
    released, or a legal hold has none."""
    ends = []
    for one in now.kept:
        report = now.reports.get(one.facts.incident_id)
        if report is None and report_hold(one.facts.incident_id) in now.lifted:
            # It was released: it asks for nothing, whatever others of the same bytes do.
            continue
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
        own = any(hold.hold.startswith(REPORT_HOLD) for hold in standing_holds)
        how = "the incident has to be reported or released first" if own else "two people have to lift it first"
        raise RefusedError(f"a legal hold stands ({names}): {how}")
    first = now.asked.get(ask.hold)
    if first is None or not first.at_ms <= ask.at_ms < first.at_ms + SECOND_WITHIN_MS:
        return ask
    if people.same(first.who, ask.who):
        return None
    if ask.hold:
        return HoldLifted(ask.at_ms, ask.who, ask.why, ask.hold, first.who)
    return Destroying(ask.at_ms, ask.who, ask.why, Cause.RELEASED, first.who)
