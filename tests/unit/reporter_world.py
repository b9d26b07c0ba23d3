"""Reporters, a person and a log: any of them stands still or dies between any two effects. No waiting, no threads."""

import hashlib
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from reporter import scripts
from reporter.desk import Desk
from reporter.incident import Filed, Standing, filed
from reporter.ledger import Event
from reporter.machine import Machine
from reporter.ports import TiplineError
from reporter.scripts import Script
from reporter.sql_ledger import SqlLedger
from reporter.sqlite_ledger import SqliteLedger
from reporter.steps import Manner, Steps
from sluice.errors import RetryableError
from sluice.v1.incident_pb2 import Incident, IncidentContent
from sluice.v1.request_pb2 import ObjectReference
from tests.unit.reporter_server import HOUR_MS, Fate, Moment, Papers, Safe, Server

T = TypeVar("T")
SETTLED = {Standing.REPORTED, Standing.RELEASED}
MANNER = Manner(hold=False, gather_ms=60_000, most_incidents=3)
_MOST_TURNS = 10_000
SLOW = 1
"""The place of a worker that is slow in the end."""


class Stepped(SqlLedger):
    """The embedded ledger, with a moment before and after each transaction."""

    def __init__(self) -> None:
        self.inner = SqliteLedger(Path(":memory:"))
        self.fate = Fate(random.Random(0))

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

    async def close(self) -> None:
        await self.inner.close()


def announce(one: Filed) -> Sequence[Event]:
    """A ban, of whom no test list is about."""
    return () if one.test else (Event(f"ban-{one.id}", "accounts.actions", one.account_id.encode(), b"ban"),)


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
        ledger: Stepped | None = None,
        workers: int = 2,
    ) -> None:
        self.dice = dice
        self.fate = Fate(dice)
        self.ledger = ledger or Stepped()
        self.ledger.fate = self.fate
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
        self.ledger.inner.close_now()

    def run(self, turns: int, deaths: float, faults: float) -> None:
        """So many turns in which everything may go wrong, and then as many as it takes in which nothing does."""
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
        self.fate.faults = 0.0
        self._settle()

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
        open_events = self.ledger.inner.run_now(scripts.unpublished(1))
        known = {one.id for one in rows}
        missing = [filed(one, 0) for one in self.incidents if one.id not in known]
        return missing + [one for one in rows if not settled(one) or open_events]

    def everything(self) -> Sequence[Filed]:
        """All incidents, as the ledger has them."""
        return self.ledger.inner.run_now(scripts.incidents(tuple(Standing), 1000))

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
        desk = Desk(self.ledger, announce, lambda: self.fate.now)
        for one in await self.ledger.incidents({Standing.HELD}, 10):
            # Whoever dies and comes back decides the same.
            await (desk.confirm if is_match(one.id) else desk.release)(one.id, "person", "looked at it")

    async def _publisher(self) -> None:
        for event in await self.ledger.unpublished(10):
            self.published.append(event.id)
            await Moment()
            await self.ledger.published([event.number])


def settled(one: Filed) -> bool:
    """Whether nothing is left to do about it."""
    dated = one.dated or one.standing is not Standing.REPORTED
    return one.standing in SETTLED and (one.purged or not one.evidence) and dated


def is_match(incident_id: str) -> bool:
    """What the person says of a held incident."""
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
