"""One year from the report, legal holds against it, and two people."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sluice.vault.errors import RefusedError
from sluice.vault.events import Cause, Destroying, Event, Held, HoldLifted, Kept, ReleaseAsked, Reported
from sluice.vault.holds import (
    SECOND_WITHIN_MS,
    awaited,
    declined,
    due,
    expires_at_ms,
    held,
    holding,
    released,
    report_hold,
    standing,
    year_after,
)
from sluice.vault.people import People
from tests.unit.vault_shelf import DAY, NOW, facts

ANYBODY = People({})
KEPT = Kept(NOW, "reporter", facts())
REPORT = Reported(NOW + 5, "reporter", "incident-1", "77", NOW + 4)


def ms(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)


def ask(who: str, at: int = NOW + 10, hold: str = "") -> ReleaseAsked:
    return ReleaseAsked(at, who, "a court says so", hold)


def test_a_year_is_a_year_of_the_calendar() -> None:
    assert year_after(ms("2026-11-22")) == ms("2027-11-22")
    assert year_after(ms("2027-03-01")) == ms("2028-03-01")
    assert year_after(ms("2028-02-29")) == ms("2029-03-01")


def test_nothing_ends_before_its_report() -> None:
    assert expires_at_ms(standing([])) is None
    assert not due(standing([KEPT]), NOW + 10_000 * DAY)


def test_it_is_due_a_year_after_and_not_a_moment_before() -> None:
    now = standing([KEPT, REPORT])
    end = year_after(NOW + 4)
    assert expires_at_ms(now) == end
    assert not due(now, end - 1)
    assert due(now, end)


def test_a_report_before_the_evidence_does_not_shorten_it() -> None:
    old = Reported(NOW, "reporter", "incident-1", "77", NOW - 400 * DAY)
    assert expires_at_ms(standing([KEPT, old])) == year_after(NOW)


def test_every_incident_has_its_year() -> None:
    second = Kept(NOW + DAY, "reporter", facts(incident="incident-2"))
    assert expires_at_ms(standing([KEPT, REPORT, second])) is None
    later = Reported(NOW + 9 * DAY, "reporter", "incident-2", "78", NOW + 9 * DAY)
    assert expires_at_ms(standing([KEPT, REPORT, second, later])) == year_after(NOW + 9 * DAY)


def test_the_first_report_counts() -> None:
    again = Reported(NOW + 9, "reporter", "incident-1", "79", NOW + 9)
    assert standing([KEPT, REPORT, again]).reports["incident-1"] == REPORT


@pytest.mark.parametrize(
    ("until", "end"), [(0, None), (NOW + 900 * DAY, NOW + 900 * DAY), (NOW + DAY, year_after(NOW + 4))]
)
def test_a_legal_hold_only_makes_it_longer(until: int, end: int | None) -> None:
    assert expires_at_ms(standing([KEPT, REPORT, Held(NOW, "ann", "case 7", "case-7", until)])) == end


def test_a_hold_is_never_made_shorter_by_one() -> None:
    now = standing([KEPT, Held(NOW, "ann", "case 7", "case-7", NOW + 50 * DAY)])
    longer = Held(NOW, "bob", "again", "case-7", NOW + 60 * DAY)
    assert held(now, longer) == longer
    assert held(now, Held(NOW, "bob", "again", "case-7", 0)) is not None
    assert held(now, Held(NOW, "bob", "again", "case-7", NOW + 50 * DAY)) is None
    with pytest.raises(RefusedError, match="two people"):
        held(now, Held(NOW, "bob", "again", "case-7", NOW + 49 * DAY))
    endless = standing([KEPT, Held(NOW, "ann", "case 7", "case-7", 0)])
    with pytest.raises(RefusedError, match="two people"):
        held(endless, longer)


def test_two_people_release() -> None:
    first = released(standing([KEPT]), ask("ann.smith"), ANYBODY)
    assert first == ask("ann.smith")
    assert isinstance(first, ReleaseAsked)
    second = released(standing([KEPT, first]), ask("bob", NOW + 20), ANYBODY)
    assert second == Destroying(NOW + 20, "bob", "a court says so", Cause.RELEASED, "ann.smith")


@pytest.mark.parametrize("who", ["ann.smith", "Ann Smith", "ANN.SMITH@example.com", "smith-ann", "ann.smith+2@x.org"])
def test_the_same_person_twice_is_one(who: str) -> None:
    assert released(standing([KEPT, ask("ann.smith")]), ask(who, NOW + 20), ANYBODY) is None


def test_the_second_comes_in_time() -> None:
    asked = standing([KEPT, ask("ann", NOW)])
    last = ask("bob", NOW + SECOND_WITHIN_MS - 1)
    assert isinstance(released(asked, last, ANYBODY), Destroying)
    late = ask("bob", NOW + SECOND_WITHIN_MS)
    assert released(asked, late, ANYBODY) == late
    before = ask("bob", NOW - 1)
    assert released(asked, before, ANYBODY) == before


@pytest.mark.parametrize(
    "between",
    [
        Kept(NOW + 11, "reporter", facts(incident="incident-2")),
        REPORT,
        Held(NOW + 11, "eve", "case 8", "case-8", NOW + 12),
    ],
    ids=["kept", "reported", "held"],
)
def test_what_changes_between_the_two_makes_the_first_void(between: Event) -> None:
    now = standing([KEPT, ask("ann"), between])
    again = ask("bob", NOW + 20)
    assert released(now, again, ANYBODY) == again


def test_no_release_while_a_legal_hold_stands() -> None:
    hold = Held(NOW, "ann", "case 7", "case-7", NOW + DAY)
    now = standing([KEPT, hold])
    assert holding(now, NOW) == (hold,)
    with pytest.raises(RefusedError, match=r"a legal hold stands \(case-7\)"):
        released(now, ask("ann"), ANYBODY)
    assert holding(now, NOW + DAY) == ()
    assert released(now, ask("ann", NOW + DAY), ANYBODY) == ask("ann", NOW + DAY)


def test_two_people_lift_a_hold_and_nothing_else() -> None:
    hold = Held(NOW, "ann", "case 7", "case-7", 0)
    events: list[Event] = [KEPT, REPORT, hold, ask("ann", hold="case-7")]
    second = released(standing(events), ask("bob", NOW + 20, "case-7"), ANYBODY)
    assert second == HoldLifted(NOW + 20, "bob", "a court says so", "case-7", "ann")
    assert second is not None
    now = standing([*events, second])
    assert not now.holds
    assert now.destroying is None
    # The first half for the hold is not the first half for the evidence.
    assert released(now, ask("bob", NOW + 30), ANYBODY) == ask("bob", NOW + 30)
    assert released(now, ask("bob", NOW + 30, "case-7"), ANYBODY) is None
    with pytest.raises(RefusedError, match="no hold case-8"):
        released(now, ask("bob", NOW + 30, "case-8"), ANYBODY)


def test_a_hold_made_longer_is_another_hold_to_lift() -> None:
    hold = Held(NOW, "ann", "case 7", "case-7", NOW + 50 * DAY)
    longer = Held(NOW + 11, "eve", "case 7", "case-7", 0)
    again = ask("bob", NOW + 20, "case-7")
    assert released(standing([KEPT, hold, ask("ann", hold="case-7"), longer]), again, ANYBODY) == again


def test_a_roster_decides_who_is_who() -> None:
    people = People({"annsmith": "ann", "amiller": "ann", "bob": "bob"})
    now = standing([KEPT, ask("ann.smith")])
    assert released(now, ask("a.miller", NOW + 20), people) is None
    assert isinstance(released(now, ask("bob", NOW + 20), people), Destroying)


AWAITED = Held(NOW, "reporter", "not finished", report_hold("incident-1"), 0)
DECLINED = HoldLifted(NOW + 9, "reporter", "no match", report_hold("incident-1"), "ann")


def test_what_is_awaited_is_held_without_an_end_until_it_is_reported() -> None:
    assert awaited(standing([KEPT]), "incident-1", replace(AWAITED, hold="", until_ms=5)) == AWAITED
    assert AWAITED.hold == "report of incident-1"
    now = standing([KEPT, AWAITED])
    assert not due(now, NOW + 10_000 * DAY)
    with pytest.raises(RefusedError, match=r"report of incident-1.* reported or released first"):
        released(now, ask("ann"), ANYBODY)
    after = standing([KEPT, AWAITED, REPORT])
    assert holding(after, NOW) == ()
    assert expires_at_ms(after) == year_after(NOW + 4)


def test_each_incident_is_awaited_by_itself() -> None:
    second = Kept(NOW + DAY, "reporter", facts(incident="incident-2"))
    also = awaited(standing([KEPT, AWAITED, second]), "incident-2", Held(NOW, "reporter", "x", "", 0))
    assert also is not None
    assert [hold.hold for hold in holding(standing([KEPT, AWAITED, second, also, REPORT]), NOW)] == [
        "report of incident-2"
    ]


def test_what_is_declined_may_be_destroyed_by_two_people() -> None:
    now = standing([KEPT, AWAITED])
    assert declined(now, "incident-1", replace(DECLINED, hold="")) == DECLINED
    after = standing([KEPT, AWAITED, DECLINED])
    assert released(after, ask("ann"), ANYBODY) == ask("ann")
    assert after.lifted["report of incident-1"].first == "ann"


@pytest.mark.parametrize("over", [REPORT, DECLINED], ids=["reported", "declined"])
def test_what_is_over_is_neither_awaited_nor_declined_again(over: Event) -> None:
    now = standing([KEPT, AWAITED, over])
    assert awaited(now, "incident-1", AWAITED) is None
    assert declined(now, "incident-1", DECLINED) is None


def test_a_hold_that_was_lifted_stands_again_when_it_is_put_there_again() -> None:
    hold = Held(NOW, "ann", "case 7", "case-7", 0)
    lifted = HoldLifted(NOW + 1, "bob", "x", "case-7", "ann")
    now = standing([KEPT, hold, lifted, hold])
    assert (list(now.holds), dict(now.lifted)) == (["case-7"], {})


def test_one_that_was_released_does_not_keep_what_others_were_reported_for() -> None:
    second = Kept(NOW + DAY, "reporter", facts(incident="incident-2"))
    released_second = replace(DECLINED, hold=report_hold("incident-2"))
    orders: tuple[list[Event], ...] = (
        [KEPT, REPORT, second, released_second],
        [second, released_second, KEPT, REPORT],
    )
    for events in orders:
        assert expires_at_ms(standing(events)) == year_after(NOW + 4)
    # Nobody reported it: two people end it, and no time does.
    assert expires_at_ms(standing([second, released_second])) is None
    third = Kept(NOW + DAY, "reporter", facts(incident="incident-3"))
    assert expires_at_ms(standing([KEPT, REPORT, second, released_second, third])) is None
    case = Held(NOW, "ann", "case 7", "case-7", 0)
    assert expires_at_ms(standing([KEPT, REPORT, second, released_second, case])) is None
