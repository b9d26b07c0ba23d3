"""Workers that are stopped: what is in hand is ended, or handed back, and somebody else goes on with it at once."""

import asyncio
import io
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from reporter.bell import Bell
from reporter.incident import Filed, Standing, filed
from reporter.ledger import Ledger
from reporter.manner import Manner
from reporter.opened import open_ledger
from reporter.report import Phase, Report
from reporter.steps import Steps
from reporter.workers import Workers
from sluice.errors import FatalError, RetryableError
from sluice.telemetry.logging import Log
from tests.unit.reporter_incidents import NOW, PICTURE
from tests.unit.reporter_server import Fate, Papers, Safe, Server
from tests.unit.reporter_world import an_incident, announce

HOURS = 3600.0
MANNER = Manner(hold=False, gather_ms=0)


class Halting:
    """Anything with calls: one of them says that it has begun, and then takes as long as it is let."""

    def __init__(self, inner: object, name: str) -> None:
        self._inner = inner
        self._name = name
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name != self._name:
            return method

        async def call(*values: object) -> object:
            self.begun.set()
            await self.go_on.wait()
            return await method(*values)

        return call


class Here:
    """One incident of one picture, and what workers need."""

    def __init__(self, ledger: Ledger) -> None:
        fate = Fate(random.Random(0))
        self.ledger: Any = ledger
        self.vault: Any = Safe(fate)
        self.server: Any = Server(fate, "one")
        self.inner: Server = self.server
        self.bell = Bell()
        self.stop = asyncio.Event()
        self.said = io.StringIO()

    def steps(self) -> Steps:
        return Steps(self.ledger, self.vault, {False: self.server}, Papers(), announce, MANNER, lambda: NOW)

    def run(self, drain_seconds: float = HOURS) -> "asyncio.Task[None]":
        """Two workers."""
        workers = Workers([self.steps(), self.steps()], self.bell, Log("test", stream=self.said))
        return asyncio.create_task(workers.run(self.stop, drain_seconds))

    async def one(self) -> Filed:
        found = await self.ledger.incident("i1")
        assert isinstance(found, Filed)
        return found

    async def report(self) -> Report:
        found = await self.ledger.report(1)
        assert isinstance(found, Report)
        return found

    async def until(self, standing: Standing) -> None:
        while (await self.one()).standing is not standing:
            await asyncio.sleep(0.001)

    async def finish(self) -> None:
        """Another process does the rest."""
        self.vault, self.server = getattr(self.vault, "_inner", self.vault), self.inner
        steps = self.steps()
        while await steps.once():
            pass


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    ledger = await open_ledger(str(tmp_path / "reporter.db"))
    found = Here(ledger)
    incident = an_incident(1, [PICTURE])
    found.vault.store = {each.original.uri: PICTURE for each in incident.contents}
    found.vault.is_preserved = lambda _: True
    await ledger.add(filed(incident, NOW))
    yield found
    await ledger.close()


async def test_they_work_until_they_are_stopped(here: Here) -> None:
    running = here.run()
    await here.until(Standing.REPORTED)
    assert not running.done()
    here.stop.set()
    await running
    assert len(here.inner.finished()) == 1
    assert here.said.getvalue() == ""


async def test_the_call_in_hand_is_ended_and_no_other_is_made(here: Here) -> None:
    here.server = Halting(here.inner, "upload")
    running = here.run()
    await here.server.begun.wait()
    heard = here.bell.listen()
    here.stop.set()
    # The workers know of it before the call is over.
    await heard.wait()
    here.server.go_on.set()
    await running
    report = await here.report()
    assert (report.phase, report.files[0].file_id != "", report.due_ms) == (Phase.OPEN, True, NOW)
    await here.finish()
    (opened,) = here.inner.reports.values()
    assert opened.finished
    assert len(opened.files) == 1


async def test_a_call_that_takes_too_long_is_given_up_and_what_it_was_of_handed_back(here: Here) -> None:
    here.server = Halting(here.inner, "upload")
    running = here.run(drain_seconds=0.001)
    await here.server.begun.wait()
    here.stop.set()
    await running
    report = await here.report()
    assert (report.phase, report.due_ms) == (Phase.UPLOADING, NOW)
    # Nobody knows whether it was made: what is open is taken back, and begun anew.
    await here.finish()
    assert [one.retracted for one in here.inner.reports.values()] == [True, False]
    assert len(here.inner.finished()) == 1


async def test_an_incident_that_is_being_preserved_is_handed_back(here: Here) -> None:
    here.vault = Halting(here.vault, "preserve")
    running = here.run(drain_seconds=0.001)
    await here.vault.begun.wait()
    assert (await here.one()).due_ms > NOW
    here.stop.set()
    await running
    assert ((await here.one()).standing, (await here.one()).due_ms) == (Standing.NEW, NOW)
    await here.finish()
    assert (await here.one()).standing is Standing.REPORTED


async def test_a_ledger_that_is_away_ends_nobody_and_is_told(here: Here) -> None:
    real, asked = here.ledger, asyncio.Event()

    class Away:
        """A ledger that does not answer."""

        def __getattr__(self, _: str) -> Any:
            async def call(*_: object) -> None:
                asked.set()
                raise RetryableError("the ledger: OperationalError")

            return call

    here.ledger = Away()
    running = here.run()
    await asked.wait()
    await asyncio.sleep(0.01)
    assert not running.done()
    here.stop.set()
    await running
    assert "will try again" in here.said.getvalue()
    here.ledger = real


async def test_what_cannot_be_handed_back_waits_for_its_lease(here: Here) -> None:
    here.vault = Halting(here.vault, "preserve")
    here.ledger = Halting(here.ledger, "save_incident")

    async def refused(*_: object) -> None:
        raise RetryableError("the ledger: OperationalError")

    running = here.run(drain_seconds=0.001)
    await here.vault.begun.wait()
    here.ledger._inner = type("Gone", (), {"save_incident": staticmethod(refused)})
    here.ledger.go_on.set()
    here.stop.set()
    await running
    assert "waits for its lease" in here.said.getvalue()


async def test_what_cannot_go_on_ends_them_all(here: Here) -> None:
    async def fatal() -> bool:
        raise FatalError("no more")

    steps = here.steps()
    steps.once = fatal  # type: ignore[method-assign] # a step that cannot go on
    workers = Workers([steps, here.steps()], here.bell, Log("test", stream=here.said))
    with pytest.raises(FatalError):
        await workers.run(here.stop, HOURS)
