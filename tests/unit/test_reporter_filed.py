"""A report that a person filed without us, and what people said before and after."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from reporter.incident import Filed, Saying, Standing, WrongStandingError
from reporter.ledger import Ledger
from reporter.opened import open_ledger
from reporter.report import Phase
from tests.unit.reporter_bench import Bench, Refuses, Silent, bench
from tests.unit.reporter_incidents import PICTURE
from tests.unit.reporter_world import an_incident


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    ledger = await open_ledger(str(tmp_path / "reporter.db"))
    yield ledger
    await ledger.close()


def words(one: Filed) -> list[tuple[str, str, str]]:
    return [(each.what, each.who, each.why) for each in one.said]


async def told(here: Bench) -> list[str]:
    return [event.id for event in await here.ledger.unpublished(9)]


async def test_one_that_is_confirmed_is_reported_and_never_sent(ledger: Ledger) -> None:
    here = await bench(ledger)
    await here.work(here.steps(tests=()))
    await here.desk.confirm("i1", "Ada", "a match")
    one = await here.desk.filed("i1", "987", "Bob", "on the site")
    assert (one.standing, one.who, one.why) == (Standing.REPORTED, "Bob", "on the site")
    report = await here.report()
    assert (report.phase, report.report_id, report.finished_at_ms) == (Phase.FINISHED, "987", here.fate.now)
    await here.work(here.steps())
    assert not here.servers[False].reports
    one = await here.one()
    # The vault knows, so that its year begins.
    assert {at: found[0] for at, found in here.vault.dates.items()} == {(one.evidence[0], "i1"): "987"}
    assert one.dated
    assert words(one) == [("confirmed", "Ada", "a match"), ("filed", "Bob", "on the site")]
    assert await told(here) == ["ban-i1"]
    # Again is fine, and changes nothing; another id is another report.
    assert await here.desk.filed("i1", "987", "Cid", "again") == one
    with pytest.raises(WrongStandingError, match="reported already, as 987"):
        await here.desk.filed("i1", "988", "Cid", "again")


async def test_one_whose_originals_are_lost_needs_no_confirmation_and_bans_all_the_same(ledger: Ledger) -> None:
    here = await bench(ledger)
    here.vault.store.clear()
    await here.work(here.steps())
    assert (await here.one()).standing is Standing.FAILED
    assert (await here.desk.filed("i1", "987", "Bob", "on the site")).confirmed_at_ms == here.fate.now
    assert await told(here) == ["ban-i1"]
    await here.work(here.steps())
    assert (await here.one()).standing is Standing.REPORTED


async def test_nobody_files_what_is_not_confirmed_or_is_being_sent(ledger: Ledger) -> None:
    here = await bench(ledger, an_incident(1, [PICTURE]), an_incident(2, [PICTURE], account="b"))
    await here.work(here.steps())
    with pytest.raises(WrongStandingError, match="i1 is held"):
        await here.desk.filed("i1", "987", "Bob", "on the site")
    await here.desk.release("i1", "Ada", "no match")
    with pytest.raises(WrongStandingError, match="i1 is released"):
        await here.desk.filed("i1", "987", "Bob", "on the site")
    await here.desk.confirm("i2", "Ada", "a match")
    here.fate.now += 1000
    assert await ledger.gather(here.fate.now, 9) is not None
    with pytest.raises(WrongStandingError, match="would be filed twice"):
        await here.desk.filed("i2", "987", "Bob", "on the site")
    assert words(await here.one("i2")) == [("confirmed", "Ada", "a match")]


async def test_one_leaves_a_report_that_has_failed_and_the_others_are_sent(ledger: Ledger) -> None:
    here = await bench(ledger, an_incident(1, [PICTURE]), an_incident(2, [PICTURE]))
    good, here.servers[False] = here.servers[False], Refuses(here.fate, "real")
    await here.work(here.steps(hold=False))
    assert (await here.report()).phase is Phase.FAILED
    one = await here.desk.filed("i1", "987", "Bob", "on the site")
    assert (one.standing, one.who) == (Standing.REPORTED, "Bob")
    here.servers[False] = good
    await here.work(here.steps(hold=False))
    assert [each.members for each in good.finished().values()] == [["i2"]]
    one = await here.one()
    assert here.vault.dates[one.evidence[0], "i1"][0] == "987"
    assert words(one) == [("filed", "Bob", "on the site")]
    assert await told(here) == ["ban-i1", "ban-i2"]


async def test_what_may_be_finished_there_is_asked_first(ledger: Ledger) -> None:
    here = await bench(ledger)
    here.servers[False] = server = Silent(here.fate, "real")
    await here.work(here.steps(hold=False))
    own = (await here.report()).report_id
    with pytest.raises(WrongStandingError, match="was opened by the reporter"):
        await here.desk.filed("i1", own, "Bob", "copied from above")
    assert (await here.desk.filed("i1", "987", "Bob", "on the site")).standing is Standing.REPORTING
    with pytest.raises(WrongStandingError, match="leaves its report already, otherwise"):
        await here.desk.release("i1", "Ada", "no match")
    server.away = False
    await here.desk.report("i1", "Bob")
    await here.work(here.steps(hold=False))
    # It had been finished: that is what is true, and what Bob said is kept beside it.
    assert (await here.report()).report_id == own
    assert words(await here.one()) == [("filed", "Bob", "on the site"), ("report", "Bob", "")]


async def test_where_nobody_can_be_asked_any_more_a_person_says_that_our_own_was_finished(ledger: Ledger) -> None:
    here = await bench(ledger, an_incident(1, [PICTURE]), an_incident(2, [PICTURE]))
    here.servers[False] = Silent(here.fate, "real")
    await here.work(here.steps(hold=False))
    report = await here.report()
    await ledger.save_report(replace(report, moved=True))
    one = await here.desk.filed("i1", report.report_id, "Bob", "asked there")
    assert (one.standing, words(one)) == (Standing.REPORTED, [("filed", "Bob", "asked there")])
    # Of all that were in it.
    assert (await here.one("i2")).standing is Standing.REPORTED
    await here.work(here.steps(hold=False))
    assert {found[0] for found in here.vault.dates.values()} == {report.report_id}


async def test_both_who_confirmed_and_who_released_are_kept_and_the_ban_is_lifted(ledger: Ledger) -> None:
    here = await bench(ledger)
    await here.work(here.steps(tests=()))
    confirmed_at = here.fate.now
    await here.desk.confirm("i1", "Ada", "a match")
    await here.desk.report("i1", "Cid")
    await here.desk.report("i1", "Cid")
    here.fate.now += 5
    one = await here.desk.release("i1", "Bob", "none after all")
    assert one.said == (
        Saying("confirmed", "Ada", "a match", confirmed_at),
        Saying("report", "Cid", "", confirmed_at),
        Saying("released", "Bob", "none after all", confirmed_at + 5),
    )
    assert await told(here) == ["ban-i1", "lift-i1"]


async def test_what_was_never_confirmed_has_no_ban_to_lift(ledger: Ledger) -> None:
    here = await bench(ledger)
    await here.work(here.steps(tests=()))
    await here.desk.release("i1", "Bob", "none")
    assert await told(here) == []


async def test_a_ban_is_lifted_when_nothing_of_the_report_is_open_any_more(ledger: Ledger) -> None:
    here = await bench(ledger)
    good, here.servers[False] = here.servers[False], Refuses(here.fate, "real")
    await here.work(here.steps(hold=False))
    assert await told(here) == ["ban-i1"]
    await here.desk.release("i1", "Ada", "none after all")
    here.servers[False] = good
    await here.work(here.steps(hold=False))
    assert (await here.one()).standing is Standing.RELEASED
    assert await told(here) == ["ban-i1", "lift-i1"]
    assert words(await here.one()) == [("released", "Ada", "none after all")]


async def test_one_that_an_older_ledger_does_not_know_to_be_finished_is_ended_by_a_person(ledger: Ledger) -> None:
    here = await bench(ledger)
    here.servers[False] = server = Silent(here.fate, "real")
    await here.work(here.steps(hold=False))
    report = await here.report()
    server.away = False
    # As it was in the copy that was put back: the file was under way.
    files = tuple(replace(each, file_id="", described=False) for each in report.files)
    await ledger.save_report(replace(report, files=files, phase=Phase.UPLOADING, due_ms=here.fate.now))
    await here.work(here.steps(hold=False))
    report = await here.report()
    assert (report.phase, "is finished" in report.problem) == (Phase.FAILED, True)
    one = await here.desk.filed("i1", report.report_id, "Bob", "the tip line says that it is ours")
    await here.work(here.steps(hold=False))
    assert ((await here.one()).standing, (await here.report()).phase) == (Standing.REPORTED, Phase.FINISHED)
    assert len(server.finished()) == 1
    assert words(await here.one()) == [("filed", "Bob", "the tip line says that it is ours")]
    assert here.vault.dates[one.evidence[0], "i1"][0] == report.report_id
