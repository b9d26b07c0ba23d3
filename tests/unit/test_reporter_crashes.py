"""Reports under any sequence of deaths, stalls and lost answers: one finished report for each incident."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import pytest

from reporter.incident import Ended, Filed, Standing
from reporter.ledger import Event
from reporter.machine import Machine
from reporter.ports import Refusal, TiplineError, Uploaded
from reporter.report import File, Phase, Report
from reporter.scripts import report as the_report
from reporter.sql_ledger import SqlLedger
from sluice.v1.incident_pb2 import Incident
from tests.unit.reporter_server import Opened
from tests.unit.reporter_world import World, an_incident, is_match

BLOCKS, BLOCK = 20, 100
"""Two thousand schedules."""
FEW = 300
"""Schedules within which a rule that is left out must show."""


def history(dice: random.Random) -> tuple[list[Incident], list[bytes]]:
    """A few incidents of few accounts, some of tests, some held; pictures that several of them share."""
    pictures = [f"picture {number}".encode() for number in range(4)]
    incidents = [
        an_incident(
            number,
            dice.sample(pictures, dice.choice((0, 1, 1, 1, 2, 2))),
            account=dice.choice(("a", "b", "")),
            test=dice.random() < 0.2,
            held=dice.random() < 0.3,
        )
        for number in range(dice.randint(1, 4))
    ]
    return incidents, pictures


def lived(seed: int, machine: Machine | None = None, ledger: type[SqlLedger] = SqlLedger) -> list[str]:
    """Runs one schedule to its end. What is wrong then."""
    dice = random.Random(seed)
    world = World(*history(dice), dice, machine, ledger)
    with closing(world):
        world.run(turns=600, deaths=dice.choice((0.01, 0.02, 0.04)), faults=dice.choice((0.0, 0.01, 0.04)))
        return list(dict.fromkeys(objections(world)))


def objections(world: World) -> list[str]:
    """Everything that the reporter promises and did not keep."""
    filed = {one.id: one for one in world.everything()}
    found = [f"purged before it was preserved: {uri}" for uri in world.vault.purged_too_soon]
    for kind, server in world.servers.items():
        for report_id, opened in server.finished().items():
            members = [filed[name] for name in opened.members]
            found += [f"{report_id}: {words}" for words in of_report(world, kind, report_id, opened, members)]
    for incident in world.incidents:
        found += [f"{incident.id}: {words}" for words in of_incident(world, incident, filed[incident.id])]
    return found


def of_report(world: World, kind: bool, report_id: str, opened: Opened, members: list[Filed]) -> Iterator[str]:
    """Objections to a finished report."""
    names = {each for one in members for each in one.evidence}
    if Counter(opened.files.values()) != Counter(names):
        yield "files are missing, or there twice"
    if not names <= set(opened.described):
        yield "files that nobody described"
    accounts = {one.account_id for one in members}
    if len(accounts) != 1 or (len(members) > 1 and "" in accounts):
        yield "of several accounts"
    if any(one.test is not kind for one in members):
        yield "to the wrong place"
    kept = [world.database.inner.run_now(the_report(one.report)) for one in members]
    if any(each is None or each.report_id != report_id for each in kept):
        yield "the ledger has another id"


def of_incident(world: World, incident: Incident, one: Filed) -> Iterator[str]:
    """Objections to how an incident ended."""
    confirmed = not incident.held or is_match(incident.id)
    # What nobody had to confirm is released only before it is part of a report, or where that has failed.
    ends = {Standing.REPORTED} if confirmed else set()
    if one.standing not in (ends if is_match(incident.id) else ends | {Standing.RELEASED}):
        yield f"it is {one.standing}"
    wanted = one.standing is Standing.REPORTED
    reports = [
        report_id
        for server in world.servers.values()
        for report_id, opened in server.finished().items()
        if one.id in opened.members
    ]
    if len(reports) != int(wanted):
        yield f"in {len(reports)} finished reports"
    names = {each.original.sha256.hex() for each in incident.contents}
    if names - world.vault.kept.keys():
        yield "evidence is lost"
    if {each.original.uri for each in incident.contents} & world.vault.store.keys():
        yield "its original is still in the object store"
    dates = {world.vault.dates.get((name, one.id), ("", 0))[0] for name in names}
    if names and dates != ({*reports} if wanted else {""}):
        yield "the vault does not know when it was reported"
    if not wanted and any((name, one.id) not in world.vault.ends for name in names):
        yield "the vault does not know that it was released"
    if (f"ban-{one.id}" in world.published) != (confirmed and not one.test):
        yield "its account was banned for a test, or not at all"
    if (f"lift-{one.id}" in world.published) != (not wanted and confirmed and not one.test):
        yield "its ban was lifted, or was not"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_incident_is_in_one_finished_report_and_its_evidence_is_kept(block: int) -> None:
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        assert lived(seed) == [], f"seed {seed}"


def lived_twice(seed: int) -> list[str]:
    """A life, after which an old copy of the ledger is put back, and another one. What is wrong then."""
    dice = random.Random(seed)
    incidents, pictures = history(dice)
    # The vault knows nothing of what has no evidence.
    world = World([one for one in incidents if one.contents], pictures, dice)
    with closing(world):
        deaths, faults = dice.choice((0.01, 0.02)), dice.choice((0.0, 0.01, 0.04))
        world.live(dice.randint(0, 600), deaths, faults)
        copy = world.copy()
        world.run(dice.randint(0, 300), deaths, faults)
        world.restore(copy)
        world.run(300, deaths, faults)
        return list(dict.fromkeys(objections(world)))


@pytest.mark.parametrize("block", range(5))
def test_nothing_is_reported_again_by_an_old_copy_of_the_ledger(block: int) -> None:
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        assert lived_twice(seed) == [], f"seed {seed}"


class SubmitsAgain(Machine):
    """Without the second rule: what may have been finished is sent anew, unasked."""

    def recovered(self, report: Report) -> Report:
        if report.phase is Phase.FINISHING:
            return replace(report, phase=Phase.READY, report_id="", files=unsent(report))
        return super().recovered(report)


class GoesOn(Machine):
    """Without the second rule: what may have been uploaded is uploaded again."""

    def recovered(self, report: Report) -> Report:
        return replace(report, phase=Phase.OPEN) if report.phase is Phase.UPLOADING else super().recovered(report)


class TakesSilenceForNo(Machine):
    """Without the second rule: an answer to `finish` that was lost counts as a refusal."""

    def refused(self, report: Report, error: TiplineError, now: int) -> Report:
        after = super().refused(report, error, now)
        if report.phase is Phase.FINISHING and error.kind is Refusal.RETRY:
            return replace(after, phase=Phase.READY, report_id="", files=unsent(report))
        return after


class CallsFirst(Machine):
    """Without the first rule: nothing says that a call is about to be made."""

    def recovered(self, report: Report) -> Report:
        return replace(report, phase=Phase.READY if not report.report_id else Phase.OPEN)


class ListensToEverybody(SqlLedger):
    """Without the third rule: who was overtaken may still write."""

    async def save_report(self, report: Report, ripe_at_ms: int = 0, events: Sequence[Event] = ()) -> Report:
        now = await self.report(report.number)
        assert now is not None
        return await super().save_report(replace(report, version=now.version), ripe_at_ms, events)


def unsent(report: Report) -> tuple[File, ...]:
    """Its files, as if the tip line had none."""
    return tuple(replace(one, file_id="", described=False) for one in report.files)


class TakesAnything(Machine):
    """Whatever has arrived is taken for what was sent."""

    def refused(self, report: Report, error: TiplineError, now: int) -> Report:
        if error.kind is Refusal.SPOILED:
            return self.done(report, Uploaded(f"{report.report_id}-0", ""), now)
        return super().refused(report, error, now)


class LetsGoAtOnce(Machine):
    """Without the second rule: whom a person releases leaves a report that may be finished."""

    def parted(self, report: Report, ended: Sequence[Ended], now: int) -> Report:
        return super().parted(replace(report, report_id=""), ended, now)


BROKEN = [SubmitsAgain(), GoesOn(), TakesSilenceForNo(), CallsFirst(), TakesAnything(), LetsGoAtOnce()]


@pytest.mark.parametrize("machine", BROKEN, ids=lambda one: type(one).__name__)
def test_without_a_rule_of_the_machine_it_goes_wrong(machine: Machine) -> None:
    assert any(lived(seed, machine) for seed in range(FEW))


def test_without_the_versions_it_goes_wrong() -> None:
    assert any(lived(seed, ledger=ListensToEverybody) for seed in range(FEW))
