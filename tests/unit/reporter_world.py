"""Reporters, a person and a log: any of them stands still or dies between any two effects. No waiting, no threads."""

import hashlib
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from reporter import scripts
from reporter.desk import Desk
from reporter.incident import Filed, Standing, WrongStandingError, filed
from reporter.ledger import Event
from reporter.machine import Machine
from reporter.manner import Manner
from reporter.migrations import LEDGER
from reporter.ports import TiplineError
from reporter.report import Phase
from reporter.sql_ledger import SqlLedger
from reporter.steps import Steps
from sluice.errors import RetryableError
from sluice.sql.schema import Dialect
from sluice.sql.script import Row, Script
from sluice.sql.sqlite import SqliteDatabase
from sluice.v1.incident_pb2 import Incident, IncidentContent
from sluice.v1.request_pb2 import ObjectReference
from tests.unit.reporter_server import HOUR_MS, Fate, Moment, Papers, Safe, Server

T = TypeVar("T")
SETTLED = {Standing.REPORTED, Standing.RELEASED}
MANNER = Manner(hold=False, gather_ms=60_000, most_incidents=3)
_MOST_TURNS = 10_000
SLOW = 1
"""The place of a worker that is slow in the end."""


class Stepped:
    """The embedded database, with a moment before and after each transaction."""

    def __init__(self, fate: Fate) -> None:
        self.inner = SqliteDatabase(Path(":memory:"), LEDGER)
        self.fate = fate

    @property
    def dialect(self) -> Dialect:
        return self.inner.dialect

    async def run(self, script: Script[T]) -> T:
        await Moment()
        self._may_fail()
        found = self.inner.run_now(script)
        await Moment()
        self._may_fail()
        return found

    def _may_fail(self) -> None:
        if self.fate.strikes():
            raise RetryableError("the ledger does not answer")

    async def rows(self, statement: str, *values: Any) -> list[Row]:
        return await self.inner.rows(statement, *values)

    async def close(self) -> None:
        await self.inner.close()


def announce(one: Filed) -> Sequence[Event]:
    """A ban, of whom no test list is about; of one that was released, that it is lifted."""
    word = "lift" if one.standing is Standing.RELEASED else "ban"
    if one.test or (word == "lift" and not one.confirmed_at_ms):
        return ()
    return (Event(f"{word}-{one.id}", "accounts.actions", one.account_id.encode(), word.encode()),)


def an_incident(
    number: int, pictures: Sequence[bytes], account: str = "a", test: bool = False, held: bool = False
) -> Incident:
    """An incident about these pictures."""
    contents = [
        IncidentContent(
            content_id=f"c{at}",
            original=ObjectReference(
                uri=f"file:///{hashlib.sha256(data).hexdigest()}",
                sha256=hashlib.sha256(data).digest(),
                size_bytes=len(data),
            ),
        )
        for at, data in enumerate(pictures)
    ]
    return Incident(id=f"i{number}", account_id=account, tenant="t", contents=contents, test=test, held=held)


@dataclass
class Actor:
    """Somebody who works until it is killed. `stalled`: turns for which it stands still."""

    make: Callable[[], Coroutine[Any, Any, None]]
    running: Coroutine[Any, Any, None]
    stalled: int = 0

    def turn(self) -> None:
        """Goes on to the next moment."""
        self.running.send(None)

    def die(self) -> None:
        """Nothing that was not written down is left."""
        self.running.close()
        self.running = self.make()


class World:
    """Everything there is. What counts is what lies in the ledger, at the servers and in the vault."""

    def __init__(
        self,
        incidents: Sequence[Incident],
        pictures: Sequence[bytes],
        dice: random.Random,
        machine: Machine | None = None,
        ledger: type[SqlLedger] = SqlLedger,
        workers: int = 2,
    ) -> None:
        self.dice = dice
        self.fate = Fate(dice)
        self.database = Stepped(self.fate)
        self.ledger = ledger(self.database)
        self.vault = Safe(self.fate)
        self.vault.store = {f"file:///{hashlib.sha256(data).hexdigest()}": data for data in pictures}
        self.vault.is_preserved = self._is_preserved
        self.servers = {False: Server(self.fate, "real"), True: Server(self.fate, "trial")}
        self.incidents = incidents
        self.published: list[str] = []
        self._machine = machine
        self._committed = 0
        rounds = [self._worker] * workers + [self._person, self._intake, self._publisher]
        self.weights = [4] * workers + [1, 1, 1]
        self.actors = [Actor(make, make()) for make in map(_again_and_again, rounds)]

    def close(self) -> None:
        """Ends everybody."""
        for actor in self.actors:
            actor.running.close()
        self.database.inner.close_now()

    def run(self, turns: int, deaths: float, faults: float) -> None:
        """So many turns in which everything may go wrong, and then as many as it takes in which nothing does."""
        self.live(turns, deaths, faults)
        self.fate.faults = 0.0
        self._settle()

    def copy(self) -> bytes:
        """Of the ledger, as it is now."""
        return self.database.inner._writer.serialize()

    def restore(self, copy: bytes) -> None:
        """The ledger is what it was, everybody begins anew, and the log is read from its beginning."""
        for actor in self.actors:
            actor.die()
        self.database.inner._writer.deserialize(copy)
        self._committed = 0

    def live(self, turns: int, deaths: float, faults: float) -> None:
        """So many turns in which everything may go wrong."""
        self.fate.faults = faults
        for _ in range(turns):
            actor = self.dice.choices(self.actors, self.weights)[0]
            if actor.stalled:
                actor.stalled -= 1
            elif self.dice.random() < deaths:
                actor.die()
            elif self.dice.random() < deaths:
                actor.stalled = self.dice.randint(1, 60)
            else:
                actor.turn()
            self.fate.now += self.dice.choice((0, 1, 1000, 20_000, 180_000))
            if self.dice.random() < 0.005:
                self.fate.now += self.dice.choice((2, 30)) * HOUR_MS
            if self.fate.late and self.dice.random() < 0.1:
                self._arrives(self.fate.late.pop(0))

    def _settle(self) -> None:
        for _ in range(_MOST_TURNS):
            if not self._unsettled():
                return
            for place, actor in enumerate(self.actors):
                # The clock runs fast here: two that are quick would overtake each other for ever.
                if place != SLOW or self.dice.random() < 0.01:
                    actor.turn()
            self.fate.now += 30_000
            if self.fate.late:
                self._arrives(self.fate.late.pop(0))
        raise AssertionError(f"not settled: {self._unsettled()}")

    def _arrives(self, late: Callable[[], object]) -> None:
        try:
            late()
        except TiplineError:
            # Nobody is there any more to be told.
            return

    def _unsettled(self) -> list[Filed]:
        rows = self.everything()
        open_events = self.database.inner.run_now(scripts.unpublished(1))
        known = {one.id for one in rows}
        missing = [filed(one, 0) for one in self.incidents if one.id not in known]
        return missing + [one for one in rows if not settled(one) or open_events]

    def everything(self) -> Sequence[Filed]:
        """All incidents, as the ledger has them."""
        return self.database.inner.run_now(scripts.incidents(tuple(Standing), 1000))

    def _is_preserved(self, uri: str) -> bool:
        return any(
            one.evidence and uri in {each.original.uri for each in one.pictures()} for one in self.everything()
        )

    async def _worker(self) -> None:
        steps = Steps(
            self.ledger, self.vault, self.servers, Papers(), announce, MANNER, lambda: self.fate.now, self._machine
        )
        await steps.once()

    async def _intake(self) -> None:
        if self._committed < len(self.incidents):
            await self.ledger.add(filed(self.incidents[self._committed], self.fate.now))
            self._committed += 1

    async def _person(self) -> None:
        desk = Desk(self.ledger, announce, MANNER, lambda: self.fate.now, self._machine)
        for one in await self.ledger.incidents({Standing.HELD}, 10):
            # Whoever dies and comes back decides the same.
            await (desk.confirm if is_match(one.id) else desk.release)(one.id, "person", "looked at it")
        for one in await self.ledger.incidents({Standing.CONFIRMED}, 10):
            if not is_match(one.id) and self.dice.random() < 0.1:
                await self._sees_to(desk, one.id)
        for one in await self.ledger.incidents({Standing.REPORTING}, 10):
            report = await desk.report_of(one)
            failed = report is not None and report.phase is Phase.FAILED
            # Whoever wants it to go on does not know whether somebody is at it.
            if failed or self.dice.random() < 0.05:
                await self._sees_to(desk, one.id)

    async def _sees_to(self, desk: Desk, incident_id: str) -> None:
        try:
            if is_match(incident_id):
                await desk.report(incident_id, "person")
            else:
                await desk.release(incident_id, "person", "no match after all")
        except WrongStandingError:
            # It went on meanwhile.
            return

    async def _publisher(self) -> None:
        for event in await self.ledger.unpublished(10):
            self.published.append(event.id)
            await Moment()
            await self.ledger.published([event.number])


def settled(one: Filed) -> bool:
    """Whether nothing is left to do about it."""
    return one.standing in SETTLED and (one.purged or not one.evidence) and one.dated


def is_match(incident_id: str) -> bool:
    """What the person says of an incident that is held, or part of a report that has failed, or thinks better of."""
    return int(incident_id[1:]) % 4 != 0


def _again_and_again(once: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], Coroutine[Any, Any, None]]:
    async def working() -> None:
        while True:
            await Moment()
            try:
                await once()
            except RetryableError:
                continue

    return working
