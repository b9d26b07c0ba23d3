"""What a person can do about incidents and reports, and what comes of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NoReturn

import pytest

from reporter.backoff import LEASE_MS
from reporter.desk import UnknownIncidentError
from reporter.incident import Ended, Standing, WrongStandingError, filed
from reporter.ledger import Ledger
from reporter.machine import ALIVE_MS
from reporter.opened import open_ledger
from reporter.report import Phase
from tests.unit.reporter_bench import Bench, Refuses, Silent, bench
from tests.unit.reporter_incidents import PICTURE
from tests.unit.reporter_server import Server
from tests.unit.reporter_world import an_incident


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    ledger = await open_ledger(str(tmp_path / "reporter.db"))
    yield ledger
    await ledger.close()


async def test_by_default_a_person_confirms_before_anything_is_sent(ledger: Ledger) -> None:
    here = await bench(ledger)
    steps = here.steps()
    await here.work(steps)
    one = await here.one()
    assert (one.standing, one.purged, len(one.evidence)) == (Standing.HELD, True, 1)
    assert not here.servers[False].reports
    assert not here.vault.store
    await here.desk.confirm("i1", "Ada", "seen")
    await here.work(steps)
    assert (await here.one()).standing is Standing.REPORTED
    assert len(here.servers[False].finished()) == 1
    assert [each.id for each in await ledger.unpublished(9)] == ["ban-i1"]
    assert here.vault.reads == [((await here.one()).evidence[0], "report 1")]


async def test_an_operator_may_do_without_but_not_for_entries_in_doubt(ledger: Ledger) -> None:
    here = await bench(ledger, an_incident(1, [PICTURE]), an_incident(2, [PICTURE], held=True))
    await here.work(here.steps(hold=False))
    assert (await here.one("i1")).standing is Standing.REPORTED
    assert (await here.one("i2")).standing is Standing.HELD


async def test_what_is_released_is_never_sent_and_its_evidence_stays(ledger: Ledger) -> None:
    here = await bench(ledger)
    steps = here.steps()
    await here.work(steps)
    assert (await here.desk.release("i1", "Ada", "no match")).standing is Standing.RELEASED
    assert (await here.desk.release("i1", "Ada", "again")).why == "no match"
    await here.work(steps)
    assert not here.servers[False].reports
    assert here.vault.kept
    with pytest.raises(WrongStandingError, match="released"):
        await here.desk.confirm("i1", "Ada", "changed my mind")


async def test_confirming_twice_is_confirming_once(ledger: Ledger) -> None:
    here = await bench(ledger)
    await here.work(here.steps())
    first = await here.desk.confirm("i1", "Ada", "seen")
    assert await here.desk.confirm("i1", "Bob", "seen too") == first
    assert len(await ledger.unpublished(9)) == 1


async def moved(ledger: Ledger, call: str) -> tuple[Bench, Server]:
    """A reporter that died within a call; reports go elsewhere now. And the server of before."""

    async def dies(*_: object) -> NoReturn:
        raise asyncio.CancelledError

    here = await bench(ledger)
    old = here.servers[False]
    setattr(old, call, dies)
    with pytest.raises(asyncio.CancelledError):
        await here.work(here.steps(hold=False))
    here.fate.now += LEASE_MS
    here.servers[False] = Server(here.fate, "new")
    return here, old


async def test_what_is_open_at_another_address_is_left_there(ledger: Ledger) -> None:
    here, old = await moved(ledger, "upload")
    await here.work(here.steps(hold=False))
    assert list(here.servers[False].finished()) == ["new-1"]
    assert not old.finished()
    assert (await here.report()).endpoint == "new"


async def test_what_may_be_finished_at_another_address_waits_for_a_person(ledger: Ledger) -> None:
    here, _ = await moved(ledger, "finish")
    await here.work(here.steps(hold=False))
    report = await here.report()
    assert (report.phase, report.report_id, report.endpoint) == (Phase.FAILED, "real-1", "real")
    assert "real-1 may have been finished at real" in report.problem
    assert not here.servers[False].reports
    # It was not.
    await here.desk.report("i1", "Ada")
    await here.work(here.steps(hold=False))
    assert list(here.servers[False].finished()) == ["new-1"]


async def test_a_person_says_that_it_was_finished_at_the_other_address(ledger: Ledger) -> None:
    here, _ = await moved(ledger, "finish")
    await here.work(here.steps(hold=False))
    await here.desk.filed("i1", "real-1", "Ada", "asked there")
    await here.work(here.steps(hold=False))
    report = await here.report()
    assert (report.phase, report.report_id) == (Phase.FINISHED, "real-1")
    assert (await here.one()).standing is Standing.REPORTED
    assert not here.servers[False].reports
    # What follows goes to the new address, where that id means nothing.
    await ledger.add(filed(an_incident(2, [PICTURE]), here.fate.now))
    await here.work(here.steps(hold=False))
    assert b'"earlier": []' in here.servers[False].reports["new-1"].document


async def test_a_person_need_not_wait_for_the_claim_of_one_who_died(ledger: Ledger) -> None:
    here = await bench(ledger)
    await here.work(here.steps(hold=False, tests=()))
    await ledger.gather(here.fate.now, 9)
    assert await ledger.claim_report(here.fate.now, (False,)) is not None
    here.fate.now += ALIVE_MS
    await here.work(here.steps(hold=False))
    assert (await here.one()).standing is Standing.REPORTING
    await here.desk.report("i1", "Ada")
    await here.work(here.steps(hold=False))
    assert (await here.one()).standing is Standing.REPORTED


async def test_an_incident_that_nobody_knows(ledger: Ledger) -> None:
    here = await bench(ledger)
    with pytest.raises(UnknownIncidentError, match="i9"):
        await here.desk.confirm("i9", "Ada", "")
    with pytest.raises(UnknownIncidentError, match="i9"):
        await here.desk.report("i9", "Ada")


async def test_a_person_who_wants_it_reported_now_does_not_wait(ledger: Ledger) -> None:
    here = await bench(ledger, an_incident(1, [PICTURE]), an_incident(2, [PICTURE]))
    steps = here.steps()
    while await steps.once():
        pass
    await here.desk.confirm("i1", "Ada", "seen")
    await here.desk.confirm("i2", "Ada", "seen")
    while await steps.once():
        pass
    assert not here.servers[False].reports
    assert (await here.desk.report("i2", "Bob")).asked == "Bob"
    while await steps.once():
        pass
    assert [one.members for one in here.servers[False].finished().values()] == [["i1", "i2"]]
    done = await here.one("i2")
    assert done.standing is Standing.REPORTED
    assert await here.desk.report("i2", "somebody else") == done


async def test_one_that_a_person_releases_leaves_a_report_that_has_failed(ledger: Ledger) -> None:
    here = await bench(ledger, an_incident(1, [PICTURE]), an_incident(2, [PICTURE]))
    good, here.servers[False] = here.servers[False], Refuses(here.fate, "real")
    await here.work(here.steps(hold=False))
    assert (await here.report()).phase is Phase.FAILED
    released = await here.desk.release("i1", "Ada", "no match")
    assert (released.standing, released.who) == (Standing.RELEASED, "Ada")
    here.servers[False] = good
    await here.work(here.steps(hold=False))
    assert (await here.one("i2")).standing is Standing.REPORTED
    assert [one.members for one in good.finished().values()] == [["i2"]]
    assert list(here.vault.ends) == [(released.evidence[0], "i1")]


async def test_what_turns_out_to_be_filed_is_reported_whatever_a_person_said_meanwhile(ledger: Ledger) -> None:
    here = await bench(ledger)
    here.servers[False] = server = Silent(here.fate, "real")
    await here.work(here.steps(hold=False))
    assert (await here.desk.release("i1", "Ada", "no match")).standing is Standing.REPORTING
    await here.work(here.steps(hold=False))
    assert (await here.report()).phase is Phase.FAILED
    server.away = False
    assert (await here.desk.release("i1", "Bob", "no match")).standing is Standing.REPORTING
    await here.work(here.steps(hold=False))
    assert (await here.one()).standing is Standing.REPORTED
    with pytest.raises(WrongStandingError, match="reported"):
        await here.desk.release("i1", "Bob", "really")


async def test_nobody_leaves_a_report_that_is_under_way(ledger: Ledger) -> None:
    here = await bench(ledger)
    await here.work(here.steps(hold=False, tests=()))
    assert (await ledger.gather(here.fate.now, 9)) is not None
    with pytest.raises(WrongStandingError, match="reporting"):
        await here.desk.release("i1", "Ada", "no match")


async def test_one_that_is_confirmed_may_be_released_until_it_is_part_of_a_report(ledger: Ledger) -> None:
    here = await bench(ledger)
    await here.work(here.steps(hold=False, tests=()))
    assert (await here.desk.release("i1", "Ada", "on second thoughts")).standing is Standing.RELEASED
    await here.work(here.steps(hold=False))
    assert not here.servers[False].reports


async def test_what_people_released_in_the_vault_is_not_reported(ledger: Ledger) -> None:
    here = await bench(ledger)
    await here.work(here.steps())
    (evidence,) = (await here.one()).evidence
    here.vault.ends[evidence, "i1"] = Ended("i1", who="Ada", why="a court says so")
    await here.desk.confirm("i1", "Bob", "seen")
    await here.work(here.steps())
    assert ((await here.one()).standing, (await here.one()).who) == (Standing.RELEASED, "Ada")
    assert not here.servers[False].reports
