"""What is done of an incident and a report when something is in the way."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reporter.backoff import FIRST_MS, LEASE_MS, MOST_MS
from reporter.incident import Ended, Filed, Standing, filed
from reporter.incident_steps import PATIENCE
from reporter.ledger import Event, Ledger
from reporter.machine import MOST_SPOILED
from reporter.manner import Manner
from reporter.migrations import LEDGER
from reporter.opened import open_ledger
from reporter.ports import Refusal, TiplineError, Uploaded
from reporter.report import Phase, Report
from reporter.sql_ledger import SqlLedger
from reporter.steps import Steps
from sluice.errors import RetryableError, TerminalError
from sluice.sql.database import open_database
from sluice.v1.incident_pb2 import Incident, IncidentContent
from tests.unit.reporter_bench import Refuses, bench
from tests.unit.reporter_incidents import PICTURE
from tests.unit.reporter_server import Papers, Safe, Server
from tests.unit.reporter_world import an_incident, announce


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    ledger = await open_ledger(str(tmp_path / "reporter.db"))
    yield ledger
    await ledger.close()


async def test_a_test_goes_to_the_trial_alone_and_bans_nobody(ledger: Ledger) -> None:
    here = await bench(ledger, an_incident(1, [PICTURE], test=True))
    await here.work(here.steps(hold=False, tests=(False,)))
    assert (await here.one()).standing is Standing.CONFIRMED
    assert not here.servers[False].reports
    await here.work(here.steps(hold=False))
    assert (await here.one()).standing is Standing.REPORTED
    assert len(here.servers[True].finished()) == 1
    assert not here.servers[False].reports
    assert list(await ledger.unpublished(9)) == []


async def test_an_original_that_is_nowhere_is_shown_to_a_person(ledger: Ledger) -> None:
    here = await bench(ledger)
    originals, here.vault.store = here.vault.store, {}
    steps = here.steps()
    await here.work(steps)
    assert ((await here.one()).standing, (await here.one()).problem) == (Standing.FAILED, "the original is nowhere")
    here.vault.store = originals
    await here.desk.report("i1", "Ada")
    await here.work(steps)
    assert (await here.one()).standing is Standing.HELD


async def test_one_that_is_lost_can_be_reported_without_it(ledger: Ledger) -> None:
    here = await bench(ledger)
    here.vault.store = {}
    steps = here.steps()
    await here.work(steps)
    await here.desk.confirm("i1", "Ada", "its hash is enough")
    await here.work(steps)
    assert (await here.one()).standing is Standing.REPORTED
    assert [one.files for one in here.servers[False].finished().values()] == [{}]


class Locked(Safe):
    """A vault that refuses, until it is mended."""

    sound = False

    async def preserve(self, incident: Incident, content: IncidentContent) -> str:
        if not self.sound:
            raise TerminalError("audit line 21: its MAC is wrong")
        return await super().preserve(incident, content)


async def test_a_vault_that_refuses_loses_nothing_and_no_person_is_needed(ledger: Ledger) -> None:
    here = await bench(ledger)
    locked = Locked(here.fate)
    locked.store, here.vault = here.vault.store, locked
    steps = here.steps()
    await here.work(steps)
    one = await here.one()
    assert (one.standing, one.problem, one.evidence) == (Standing.NEW, "audit line 21: its MAC is wrong", ())
    locked.sound = True
    here.fate.now += MOST_MS
    await here.work(steps)
    assert ((await here.one()).standing, (await here.one()).purged) == (Standing.HELD, True)
    assert not locked.store


async def test_what_is_confirmed_after_it_had_failed_is_preserved_if_it_can_be(ledger: Ledger) -> None:
    here = await bench(ledger)
    originals, here.vault.store = here.vault.store, {}
    steps = here.steps()
    await here.work(steps)
    assert (await here.one()).standing is Standing.FAILED
    here.vault.store = originals
    locked = Locked(here.fate)
    locked.store, here.vault = originals, locked
    confirmed = await here.desk.confirm("i1", "Ada", "seen")
    assert await here.desk.confirm("i1", "Bob", "seen too") == confirmed
    # Its account is banned by that word, whatever becomes of the vault.
    assert [each.id for each in await ledger.unpublished(9)] == ["ban-i1"]
    steps = here.steps()
    await here.work(steps)
    assert not here.servers[False].reports
    locked.sound = True
    here.fate.now += MOST_MS
    await here.work(steps)
    one = await here.one()
    assert (one.standing, one.who, one.purged) == (Standing.REPORTED, "Ada", True)
    assert [list(each.files.values()) for each in here.servers[False].finished().values()] == [list(one.kept())]
    assert not originals
    assert [each.id for each in await ledger.unpublished(9)] == ["ban-i1"]


class Damaged(Safe):
    """A vault in which the piece of one original is not what it was."""

    damaged = hashlib.sha256(PICTURE).hexdigest()

    async def preserve(self, incident: Incident, content: IncidentContent) -> str:
        if content.original.sha256.hex() == self.damaged:
            raise TerminalError("evidence/1/body is not what was sealed there")
        return await super().preserve(incident, content)


async def test_a_piece_of_the_vault_that_stays_damaged_is_shown_to_a_person(ledger: Ledger) -> None:
    here = await bench(ledger, an_incident(1, [PICTURE, b"another"]))
    damaged = Damaged(here.fate)
    damaged.store = {
        each.original.uri: data
        for each, data in zip((await here.one()).pictures(), (PICTURE, b"another"), strict=True)
    }
    here.vault = damaged
    steps = here.steps()
    for _ in range(PATIENCE):
        await here.work(steps)
        assert (await here.one()).standing is Standing.NEW
        here.fate.now += MOST_MS
    await here.work(steps)
    one = await here.one()
    assert (one.standing, one.problem) == (Standing.FAILED, "evidence/1/body is not what was sealed there")
    assert one.evidence == ("", hashlib.sha256(b"another").hexdigest())
    # Once more, now that somebody says that it is mended; and once more in vain.
    await here.desk.report("i1", "Ada")
    await here.work(steps)
    assert (await here.one()).standing is Standing.NEW
    for _ in range(PATIENCE):
        here.fate.now += MOST_MS
        await here.work(steps)
    await here.desk.confirm("i1", "Ada", "its hash is enough")
    for _ in range(PATIENCE + 1):
        await here.work(steps)
        here.fate.now += MOST_MS
    assert (await here.one()).standing is Standing.REPORTED
    assert [len(each.files) for each in here.servers[False].finished().values()] == [1]
    # What the vault does not have stays where it is.
    assert list(damaged.store.values()) == [PICTURE]


async def test_a_piece_of_the_vault_that_is_mended_is_kept(ledger: Ledger) -> None:
    here = await bench(ledger)
    damaged = Damaged(here.fate)
    damaged.store, here.vault = here.vault.store, damaged
    steps = here.steps()
    for _ in range(PATIENCE + 1):
        await here.work(steps)
        here.fate.now += MOST_MS
    assert (await here.one()).standing is Standing.FAILED
    damaged.damaged = ""
    await here.desk.report("i1", "Ada")
    await here.work(steps)
    assert ((await here.one()).standing, (await here.one()).purged) == (Standing.HELD, True)


class Away(Safe):
    """A vault that does not answer yet."""

    async def preserve(self, incident: Incident, content: IncidentContent) -> str:
        raise RetryableError("the vault does not answer")


async def test_a_vault_that_is_away_is_asked_again(ledger: Ledger) -> None:
    here = await bench(ledger)
    safe, here.vault = here.vault, Away(here.fate)
    await here.steps().once()
    one = await here.one()
    assert (one.standing, one.tries, one.due_ms) == (Standing.NEW, 1, here.fate.now + FIRST_MS)
    here.vault = safe
    here.fate.now += FIRST_MS
    await here.work(here.steps())
    assert (await here.one()).standing is Standing.HELD


class Stuck(Safe):
    """A vault whose object store keeps what it has."""

    async def purge(self, content: IncidentContent) -> None:
        raise TerminalError("nothing can be removed")


async def test_what_cannot_be_removed_stays_visible_and_is_reported_all_the_same(ledger: Ledger) -> None:
    here = await bench(ledger)
    stuck = Stuck(here.fate)
    stuck.store = here.vault.store
    here.vault = stuck
    await here.work(here.steps(hold=False))
    one = await here.one()
    assert (one.standing, one.purged, one.problem) == (Standing.REPORTED, False, "nothing can be removed")


async def test_a_refusal_is_shown_to_a_person_who_has_it_tried_again(ledger: Ledger) -> None:
    here = await bench(ledger)
    good, here.servers[False] = here.servers[False], Refuses(here.fate, "real")
    await here.work(here.steps(hold=False))
    report = await here.report()
    assert (report.phase, report.code, report.problem) == (Phase.FAILED, 4100, "the document is not valid")
    here.servers[False] = good
    await here.desk.report("i1", "Ada")
    await here.work(here.steps(hold=False))
    assert (await here.one()).standing is Standing.REPORTED


class Wordless(Papers):
    """Forms that cannot be made."""

    def report(self, report: Report, members: object, earlier: object) -> bytes:
        raise TerminalError("no reporter is named")


async def test_a_form_that_cannot_be_made_sends_nothing(ledger: Ledger) -> None:
    here = await bench(ledger)
    steps = Steps(
        ledger, here.vault, here.servers, Wordless(), announce, Manner(False, gather_ms=0), lambda: here.fate.now
    )
    while await steps.once():
        pass
    report = await here.report()
    assert (report.phase, report.attempts, report.problem) == (Phase.FAILED, 0, "no reporter is named")
    assert not here.servers[False].reports


async def test_the_next_report_about_an_account_names_the_earlier_ones(ledger: Ledger) -> None:
    here = await bench(ledger)
    await here.work(here.steps(hold=False))
    await ledger.add(filed(an_incident(2, [PICTURE]), here.fate.now))
    await here.work(here.steps(hold=False))
    first, second = here.servers[False].finished().values()
    assert b'"earlier": []' in first.document
    assert b'"earlier": ["real-1"]' in second.document


async def test_whoever_was_overtaken_leaves_it_to_the_other(ledger: Ledger) -> None:
    here = await bench(ledger)
    claimed = await ledger.claim_incident(here.fate.now)
    assert claimed is not None
    here.fate.now += LEASE_MS
    await here.work(here.steps())
    before = await here.one()
    steps = here.steps()
    await steps._overtaken(steps._incidents.once(replace(claimed)))
    assert await here.one() == before


async def test_where_one_original_is_lost_the_others_are_kept_and_reported(ledger: Ledger) -> None:
    lost, kept = b"a lost picture", b"a kept one"
    here = await bench(ledger, an_incident(1, [lost, kept]))
    here.vault.store = {uri: kept for uri in here.vault.store if uri.endswith(hashlib.sha256(kept).hexdigest())}
    steps = here.steps()
    await here.work(steps)
    one = await here.one()
    assert (one.standing, one.evidence[0], len(one.kept()), len(here.vault.store)) == (Standing.FAILED, "", 1, 1)
    await here.desk.confirm("i1", "Ada", "its hash is enough")
    await here.work(steps)
    assert (await here.one()).standing is Standing.REPORTED
    (filed_report,) = here.servers[False].finished().values()
    assert list(filed_report.files.values()) == list(one.kept())
    assert not here.vault.store


async def test_what_the_vault_knows_to_be_reported_is_not_reported_by_a_new_ledger(ledger: Ledger) -> None:
    here = await bench(ledger, an_incident(1, [PICTURE]), an_incident(2, [PICTURE]))
    evidence = await here.vault.preserve(an_incident(1, [PICTURE]), an_incident(1, [PICTURE]).contents[0])
    here.vault.dates[evidence, "i1"] = ("real-9", 77)
    here.vault.ends[evidence, "i2"] = Ended("i2", who="Ada", why="no match")
    await here.work(here.steps(hold=False))
    one, other = await here.one("i1"), await here.one("i2")
    report = await here.report()
    assert (one.standing, report.report_id, report.finished_at_ms) == (Standing.REPORTED, "real-9", 77)
    assert (other.standing, other.who, other.why) == (Standing.RELEASED, "Ada", "no match")
    assert not here.servers[False].reports
    assert not here.vault.store


class Spoils(Server):
    """Where nothing arrives as it was sent."""

    async def upload(self, report_id: str, name: str, data: bytes) -> Uploaded:
        await super().upload(report_id, name, data)
        raise TiplineError(Refusal.SPOILED, 0, "the file did not arrive as it was sent")


async def test_files_that_never_arrive_are_not_filed_and_a_person_is_shown(ledger: Ledger) -> None:
    here = await bench(ledger)
    here.servers[False] = Spoils(here.fate, "real")
    steps = here.steps(hold=False)
    for _ in range(MOST_SPOILED + 1):
        await here.work(steps)
        here.fate.now += MOST_MS
    report = await here.report()
    assert (report.phase, report.attempts, report.spoiled) == (Phase.FAILED, MOST_SPOILED, MOST_SPOILED)
    assert all(one.retracted for one in here.servers[False].reports.values())


class Forgetful(SqlLedger):
    """One that does not write an incident down, once."""

    async def save_incident(self, incident: Filed, events: Sequence[Event] = ()) -> Filed:
        if incident.tries == 0:
            raise RetryableError("the ledger does not answer")
        return await super().save_incident(incident, events)


async def test_what_could_not_be_written_down_does_not_wait_for_its_lease(tmp_path: Path) -> None:
    ledger = Forgetful(await open_database(str(tmp_path / "reporter.db"), LEDGER))
    here = await bench(ledger)
    steps = here.steps()
    with pytest.raises(RetryableError):
        await steps.once()
    before = await here.one()
    assert (before.standing, before.due_ms) == (Standing.NEW, here.fate.now + LEASE_MS)
    assert not await steps.once()
    one = await here.one()
    assert (one.due_ms, one.tries) == (here.fate.now + FIRST_MS, 1)
    assert "written down" in one.problem
    await ledger.close()
