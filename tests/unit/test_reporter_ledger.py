"""What both ledgers promise: one file, run on SQLite and on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from reporter.backoff import LEASE_MS, NEVER
from reporter.incident import Ended, Standing, confirm, preserved, put_off
from reporter.ledger import Account, Event, Ledger, StaleError
from reporter.machine import Answer, Machine
from reporter.opened import open_ledger
from reporter.ports import Finished, Submitted, Uploaded
from reporter.report import Phase, Report
from tests.unit.reporter_incidents import NOW, confirmed, new

BOTH = (False, True)

Open = Callable[[], Awaitable[Ledger]]


@pytest.fixture
async def opened(where: str) -> AsyncIterator[Open]:
    """Opens the database, as a process of its own would."""
    async with AsyncExitStack() as stack:

        async def one() -> Ledger:
            ledger = await open_ledger(where)
            stack.push_async_callback(ledger.close)
            return ledger

        yield one


@pytest.fixture
async def ledger(opened: Open) -> Ledger:
    return await opened()


async def gathered(ledger: Ledger, now: int = NOW) -> Report:
    """The report that can be made now."""
    report = await ledger.gather(now, 50)
    assert report is not None
    return report


async def finished(ledger: Ledger, report: Report, report_id: str, at: int) -> Report:
    """Takes a report to its end."""
    machine = Machine()
    answers: dict[Phase, Answer] = {Phase.UPLOADING: Uploaded("f", ""), Phase.FINISHING: Finished(())}
    report = await ledger.save_report(machine.begun(report, at, "here"))
    report = await ledger.save_report(machine.done(report, Submitted(report_id), at))
    while report.phase is not Phase.FINISHED:
        report = machine.begun(report, at)
        report = await ledger.save_report(report)
        report = await ledger.save_report(machine.done(report, answers.get(report.phase), at))
    return report


async def test_an_incident_is_taken_in_once_and_comes_back_whole(ledger: Ledger) -> None:
    one = new()
    assert await ledger.add(one)
    assert not await ledger.add(replace(one, account_id="somebody else"))
    assert await ledger.incident(one.id) == one
    assert await ledger.incident("nobody") is None


async def test_all_of_a_change_is_kept(ledger: Ledger) -> None:
    await ledger.add(new())
    held = await ledger.save_incident(preserved(new(), ("e1", "e2"), True, NOW, 9))
    sure = confirm(held, "Ada", "looked", True, NOW, 9)
    changed = replace(sure, problem="words", tries=3, purged=True, dated=True, asked="Bob")
    kept = await ledger.save_incident(changed)
    assert kept == replace(changed, version=2)
    assert await ledger.incident("i1") == kept


async def test_who_holds_an_older_version_changes_nothing(ledger: Ledger) -> None:
    one = new()
    await ledger.add(one)
    first = await ledger.save_incident(put_off(one, "first", NOW), [event(1)])
    with pytest.raises(StaleError):
        await ledger.save_incident(put_off(one, "second", NOW), [event(2)])
    assert await ledger.incident(one.id) == first
    assert [each.id for each in await ledger.unpublished(10)] == ["event-1"]


async def test_what_is_due_is_claimed_by_one_until_its_lease_is_over(ledger: Ledger) -> None:
    await ledger.add(new(1))
    await ledger.add(replace(new(2), due_ms=NEVER))
    assert await ledger.claim_incident(NOW - 1) is None
    claimed = await ledger.claim_incident(NOW)
    assert claimed is not None
    assert (claimed.id, claimed.version) == ("i1", 1)
    assert await ledger.claim_incident(NOW + LEASE_MS - 1) is None
    again = await ledger.claim_incident(NOW + LEASE_MS)
    assert again is not None
    with pytest.raises(StaleError):
        await ledger.save_incident(claimed)


async def test_many_who_claim_at_once_get_different_ones(opened: Open) -> None:
    ledgers = [await opened() for _ in range(3)]
    for number in range(6):
        await ledgers[0].add(new(number))
    claims = await asyncio.gather(*(ledgers[at % 3].claim_incident(NOW) for at in range(12)))
    claimed = [one.id for one in claims if one is not None]
    assert len(claimed) == len(set(claimed))
    while (one := await ledgers[0].claim_incident(NOW)) is not None:
        claimed.append(one.id)
    assert sorted(claimed) == [f"i{number}" for number in range(6)]


async def test_a_report_is_of_one_account_and_one_kind(ledger: Ledger) -> None:
    for number, (account, test) in enumerate([("a", False), ("b", False), ("a", True), ("a", False)]):
        await ledger.add(confirmed(number, account, test, at=NOW + number))
    reports = [await gathered(ledger, NOW + 10) for _ in range(3)]
    assert [one.members for one in reports] == [("i0", "i3"), ("i1",), ("i2",)]
    assert [one.test for one in reports] == [False, False, True]
    assert await ledger.gather(NOW + 10, 50) is None
    member = await ledger.incident("i3")
    assert member is not None
    assert (member.standing, member.report) == (Standing.REPORTING, reports[0].number)
    assert await ledger.report(reports[0].number) == reports[0]


async def test_only_what_somebody_takes_is_made_a_report(ledger: Ledger) -> None:
    await ledger.add(confirmed(1, test=True))
    assert await ledger.gather(NOW, 50, (False,)) is None
    assert await ledger.gather(NOW, 50, ()) is None
    assert await ledger.gather(NOW, 50, (True,)) is not None


async def test_incidents_of_nobody_known_are_reported_one_by_one(ledger: Ledger) -> None:
    for number in range(2):
        await ledger.add(confirmed(number, account=""))
    assert [(await gathered(ledger)).members for _ in range(2)] == [("i0",), ("i1",)]


async def test_a_report_waits_for_others_of_its_account_and_has_an_end(ledger: Ledger) -> None:
    for number in range(3):
        await ledger.add(confirmed(number, at=NOW + number))
    assert await ledger.gather(NOW - 1, 2) is None
    first, second = await ledger.gather(NOW, 2), await ledger.gather(NOW + 2, 2)
    assert first is not None
    assert second is not None
    assert (first.members, second.members) == (("i0", "i1"), ("i2",))


async def test_evidence_that_incidents_share_is_one_file(ledger: Ledger) -> None:
    for number in range(2):
        await ledger.add(confirmed(number, evidence="same"))
    assert [one.evidence_id for one in (await gathered(ledger)).files] == ["same"]


async def test_many_who_gather_at_once_make_one_report(opened: Open) -> None:
    ledgers = [await opened() for _ in range(4)]
    for number in range(4):
        await ledgers[0].add(confirmed(number))
    made = await asyncio.gather(*(each.gather(NOW, 50) for each in ledgers))
    assert [one.members for one in made if one is not None] == [("i0", "i1", "i2", "i3")]


async def test_reports_are_claimed_by_kind(ledger: Ledger) -> None:
    await ledger.add(confirmed(1, test=True))
    await gathered(ledger)
    assert await ledger.claim_report(NOW, (False,)) is None
    assert await ledger.claim_report(NOW, ()) is None
    claimed = await ledger.claim_report(NOW, BOTH)
    assert claimed is not None
    assert await ledger.claim_report(NOW + LEASE_MS - 1, BOTH) is None


async def test_a_finished_report_is_told_of_its_incidents_and_to_the_next_one(ledger: Ledger) -> None:
    account = Account("t", "a", False)
    for number, at in ((1, NOW), (2, NOW + 5)):
        await ledger.add(confirmed(number))
        claimed = await ledger.claim_report(NOW, BOTH) if await gathered(ledger) else None
        assert claimed is not None
        done = await finished(ledger, claimed, f"id-{number}", at)
        assert await ledger.report(done.number) == done
        one = await ledger.incident(f"i{number}")
        assert one is not None
        assert (one.standing, one.due_ms) == (Standing.REPORTED, at)
    assert await ledger.earlier(account, "here", 10) == ["id-2", "id-1"]
    assert await ledger.earlier(account, "here", 1) == ["id-2"]
    assert await ledger.earlier(account, "elsewhere", 10) == []
    assert await ledger.earlier(replace(account, test=True), "here", 10) == []
    assert list(await ledger.earlier(replace(account, account_id=""), "here", 10)) == []
    assert await ledger.counts() == {"reported": 2, "unpublished": 0}


async def test_a_report_that_is_dissolved_gives_its_incidents_back(ledger: Ledger) -> None:
    for number in range(3):
        await ledger.add(confirmed(number))
    report = await gathered(ledger)
    leaving = (Ended("i0", who="Ada", why="no match"), Ended("i1", "id-7", NOW - 5))
    over = replace(report, phase=Phase.DISSOLVED, leaving=leaving, finished_at_ms=NOW, due_ms=NEVER)
    kept = await ledger.save_report(over, NOW + 60)
    assert await ledger.report(report.number) == kept
    found = [await ledger.incident(f"i{number}") for number in range(3)]
    released, reported, waiting = [one for one in found if one is not None]
    assert (released.standing, released.report, released.who, released.why) == (
        Standing.RELEASED,
        0,
        "Ada",
        "no match",
    )
    assert (waiting.standing, waiting.report, waiting.ripe_at_ms) == (Standing.CONFIRMED, 0, NOW + 60)
    assert (reported.standing, reported.dated) == (Standing.REPORTED, True)
    assert {one.due_ms for one in (released, reported, waiting)} == {NOW}
    other = await ledger.report(reported.report)
    assert other is not None
    assert (other.phase, other.report_id, other.members, other.due_ms) == (Phase.FINISHED, "id-7", ("i1",), NEVER)
    assert await ledger.counts() == {"confirmed": 1, "released": 1, "reported": 1, "unpublished": 0}
    assert await ledger.gather(NOW + 59, 50) is None
    again = await gathered(ledger, NOW + 60)
    assert again.members == ("i2",)


async def test_a_report_that_the_ledger_did_not_know_is_one_for_all_its_incidents(ledger: Ledger) -> None:
    for number in range(2):
        one = confirmed(number)
        await ledger.add(one)
        adopted = await ledger.adopt(one, Ended(one.id, "id-7", NOW - 5))
        assert await ledger.incident(one.id) == adopted
        assert (adopted.standing, adopted.dated) == (Standing.REPORTED, True)
        with pytest.raises(StaleError):
            await ledger.adopt(one, Ended(one.id, "id-8", NOW - 5))
    found = await ledger.report(adopted.report)
    assert found is not None
    assert (found.members, found.finished_at_ms) == (("i0", "i1"), NOW - 5)
    # Nobody knows where it was filed: a real one was where real ones go, a test anywhere.
    assert await ledger.earlier(Account("t", "a", False), "here", 10) == ["id-7"]
    tried = confirmed(2, test=True)
    await ledger.add(tried)
    await ledger.adopt(tried, Ended(tried.id, "id-8", NOW - 5))
    assert await ledger.earlier(Account("t", "a", True), "here", 10) == []


async def test_who_was_overtaken_cannot_finish_a_report(ledger: Ledger) -> None:
    await ledger.add(confirmed())
    await gathered(ledger)
    slow = await ledger.claim_report(NOW, BOTH)
    quick = await ledger.claim_report(NOW + LEASE_MS, BOTH)
    assert slow is not None
    assert quick is not None
    with pytest.raises(StaleError):
        await ledger.save_report(replace(slow, phase=Phase.FINISHED))
    one = await ledger.incident("i1")
    assert one is not None
    assert one.standing is Standing.REPORTING


def event(number: int) -> Event:
    return Event(f"event-{number}", "accounts.actions", b"key", b"value\x00")


async def test_events_are_told_with_the_change_once_and_until_they_are_published(ledger: Ledger) -> None:
    one = new()
    await ledger.add(one)
    one = await ledger.save_incident(one, [event(1), event(2)])
    one = await ledger.save_incident(one, [event(2), event(3)])
    told = await ledger.unpublished(10)
    assert [replace(each, number=0) for each in told] == [event(1), event(2), event(3)]
    await ledger.published([told[0].number, told[2].number])
    assert [each.id for each in await ledger.unpublished(10)] == ["event-2"]
    assert (await ledger.counts())["unpublished"] == 1


async def test_incidents_are_listed_by_standing_the_first_seen_first(ledger: Ledger) -> None:
    for number in (3, 1, 2):
        await ledger.add(replace(new(number), seen_at_ms=NOW - number))
    await ledger.add(confirmed(4))
    assert [one.id for one in await ledger.incidents({Standing.NEW}, 2)] == ["i3", "i2"]
    assert len(await ledger.incidents(set(Standing), 10)) == 4
    # Behind one that stands otherwise by now, too.
    assert [one.id for one in await ledger.incidents({Standing.NEW}, 2, "i3")] == ["i2", "i1"]
    assert [one.id for one in await ledger.incidents({Standing.NEW}, 2, "i4")] == []
    assert [one.id for one in await ledger.incidents(set(Standing), 9, "i1")] == ["i4"]
    assert list(await ledger.incidents(set(Standing), 9, "i9")) == []
    assert list(await ledger.incidents((), 10)) == []
    assert await ledger.counts() == {"new": 3, "confirmed": 1, "unpublished": 0}


async def test_incidents_of_one_moment_are_listed_page_by_page(ledger: Ledger) -> None:
    for number in (2, 1, 3):
        await ledger.add(new(number))
    found, after = list[str](), ""
    while page := await ledger.incidents(set(Standing), 1, after):
        found += [one.id for one in page]
        after = found[-1]
    assert found == ["i1", "i2", "i3"]


async def test_everything_is_there_after_a_restart(opened: Open) -> None:
    first = await opened()
    await first.add(confirmed())
    made = await gathered(first)
    second = await opened()
    await second.ping()
    assert await second.report(made.number) == await first.report(made.number)


@pytest.mark.parametrize("account", ["a\0b", "\0", "\ufffe", "\x85", "ä" * 300, "'; --", "\\x00"])
async def test_any_text_is_an_account(ledger: Ledger, account: str) -> None:
    one = replace(confirmed(1, account), tenant=account)
    assert await ledger.add(one)
    assert await ledger.incident(one.id) == one
    await ledger.add(confirmed(2, account + "b"))
    report = await gathered(ledger)
    assert (report.tenant, report.account_id, report.members) == (account, account, ("i1",))
    assert await ledger.report(report.number) == report
    done = await finished(ledger, report, "id-1", NOW)
    assert await ledger.earlier(Account(account, account, False), "here", 9) == [done.report_id]


async def test_the_place_in_the_log_is_kept(opened: Open) -> None:
    ledger = await opened()
    keys = [("a", 0), ("a", 1), ("b", 0)]
    assert await ledger.places(keys) == {}
    await ledger.keep_places({("a", 0): 1 << 40, ("b", 0): 7, ("c", 0): 1})
    # A log that was made anew begins at 0.
    await ledger.keep_places({("a", 0): 3})
    assert await (await opened()).places(keys) == {("a", 0): 3, ("b", 0): 7}
