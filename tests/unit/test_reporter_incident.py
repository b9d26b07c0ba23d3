"""How an incident's standing may change, and how not."""

from dataclasses import replace

import pytest

from reporter.backoff import FIRST_MS, NEVER
from reporter.incident import (
    Standing,
    WrongStandingError,
    confirm,
    dated,
    failed,
    hurry,
    preserved,
    purged,
    put_off,
    rested,
)
from reporter.incident import release as released
from tests.unit.reporter_incidents import NOW, new


def test_a_new_one_says_what_was_read() -> None:
    one = new(account="a", test=True)
    assert (one.id, one.account_id, one.test, one.standing, one.due_ms) == ("i1", "a", True, Standing.NEW, NOW)
    assert one.incident().id == "i1"
    assert len(one.pictures()) == 1


@pytest.mark.parametrize(("hold", "standing", "at"), [(True, Standing.HELD, 0), (False, Standing.CONFIRMED, NOW)])
def test_what_is_preserved_waits_for_a_person_or_for_its_report(hold: bool, standing: Standing, at: int) -> None:
    one = preserved(new(), ("e1",), hold, NOW, 7)
    assert (one.standing, one.confirmed_at_ms, one.evidence, one.due_ms) == (standing, at, ("e1",), NOW)
    assert one.ripe_at_ms == (0 if hold else NOW + 7)


def test_what_is_purged_is_looked_at_once_more_and_then_rests() -> None:
    one = purged(preserved(new(), ("e1",), True, NOW, 7), NOW)
    assert (one.purged, one.due_ms) == (True, NOW)
    assert rested(one).due_ms == dated(one).due_ms == NEVER


def test_what_fails_is_tried_later_and_what_cannot_be_done_is_not() -> None:
    late = put_off(new(), "words", NOW)
    assert (late.standing, late.tries, late.due_ms, late.problem) == (Standing.NEW, 1, NOW + FIRST_MS, "words")
    lost = failed(new(), ("",), "nowhere")
    assert (lost.standing, lost.due_ms, lost.problem) == (Standing.FAILED, NEVER, "nowhere")
    again = hurry(lost, "Ada", NOW + 1)
    assert (again.standing, again.due_ms, again.asked) == (Standing.NEW, NOW + 1, "Ada")


@pytest.mark.parametrize("standing", [Standing.HELD, Standing.FAILED])
def test_a_person_confirms_or_releases(standing: Standing) -> None:
    one = replace(new(), standing=standing)
    yes, no = confirm(one, "Ada", "seen", True, NOW, 7), released(one, "Ada", "seen", NOW)
    # Of what has failed, all that can be is preserved before it goes on.
    after = Standing.NEW if standing is Standing.FAILED else Standing.CONFIRMED
    assert (yes.standing, yes.who, yes.why, yes.confirmed_at_ms) == (after, "Ada", "seen", NOW)
    assert (yes.viewed, yes.ripe_at_ms) == (True, NOW + 7)
    assert (no.standing, no.who, no.why, no.viewed) == (Standing.RELEASED, "Ada", "seen", False)
    assert yes.due_ms == no.due_ms == NOW


@pytest.mark.parametrize("standing", sorted(set(Standing) - {Standing.HELD, Standing.FAILED}))
def test_nobody_changes_what_is_under_way_or_over(standing: Standing) -> None:
    one = replace(new(), standing=standing)
    with pytest.raises(WrongStandingError, match="i1"):
        confirm(one, "Ada", "", False, NOW, 7)
    if standing is Standing.CONFIRMED:
        assert released(one, "Ada", "on second thoughts", NOW).standing is Standing.RELEASED
        return
    with pytest.raises(WrongStandingError, match="i1"):
        released(one, "Ada", "", NOW)


@pytest.mark.parametrize(("ripe", "after"), [(NOW + 9, NOW), (NOW - 9, NOW - 9)])
def test_one_that_is_confirmed_need_not_wait(ripe: int, after: int) -> None:
    one = hurry(replace(new(), standing=Standing.CONFIRMED, ripe_at_ms=ripe), "Bob", NOW)
    assert (one.standing, one.ripe_at_ms, one.asked) == (Standing.CONFIRMED, after, "Bob")


@pytest.mark.parametrize("standing", [Standing.HELD, Standing.RELEASED])
def test_nobody_has_reported_what_a_person_must_decide_about(standing: Standing) -> None:
    with pytest.raises(WrongStandingError, match="i1"):
        hurry(replace(new(), standing=standing), "Ada", NOW)


def test_one_that_was_confirmed_when_it_had_failed_stays_so_and_no_operator_holds_it() -> None:
    one = confirm(failed(new(), ("",), "nowhere"), "Ada", "seen", False, NOW, 7)
    assert confirm(one, "Bob", "seen too", False, NOW + 1, 7) is one
    done = preserved(one, ("",), True, NOW + 2, 9)
    assert (done.standing, done.who, done.confirmed_at_ms, done.ripe_at_ms) == (
        Standing.CONFIRMED,
        "Ada",
        NOW,
        NOW + 7,
    )
    with pytest.raises(WrongStandingError, match="new"):
        released(one, "Bob", "no match", NOW)
