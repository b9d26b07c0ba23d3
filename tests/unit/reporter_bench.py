"""A worker, a person, and everything around them."""

import random

from reporter.desk import Desk
from reporter.incident import Filed, filed
from reporter.ledger import Ledger
from reporter.manner import Manner
from reporter.ports import Finished, Refusal, Submitted, Tipline, TiplineError
from reporter.report import Report
from reporter.steps import Steps
from sluice.v1.incident_pb2 import Incident
from tests.unit.reporter_incidents import PICTURE
from tests.unit.reporter_server import Fate, Papers, Safe, Server
from tests.unit.reporter_world import an_incident, announce


class Bench:
    """A worker, a person, and everything around them. `hold`: as the operator wants it."""

    def __init__(self, ledger: Ledger, incidents: list[Incident]) -> None:
        self.ledger = ledger
        self.fate = Fate(random.Random(0))
        self.vault = Safe(self.fate)
        self.servers = {False: Server(self.fate, "real"), True: Server(self.fate, "trial")}
        self.vault.store = {each.original.uri: PICTURE for one in incidents for each in one.contents}
        self.desk = Desk(ledger, announce, Manner(gather_ms=1000), lambda: self.fate.now)

    def steps(self, hold: bool = True, tests: tuple[bool, ...] = (False, True)) -> Steps:
        tiplines: dict[bool, Tipline] = {kind: self.servers[kind] for kind in tests}
        return Steps(
            self.ledger, self.vault, tiplines, Papers(), announce, Manner(hold, gather_ms=1000), lambda: self.fate.now
        )

    async def work(self, steps: Steps) -> None:
        """Until nothing is due, now and after the others of an account were waited for."""
        for _ in range(2):
            while await steps.once():
                pass
            self.fate.now += 1000

    async def one(self, incident_id: str = "i1") -> Filed:
        found = await self.ledger.incident(incident_id)
        assert found is not None
        return found

    async def report(self) -> Report:
        found = await self.desk.report_of(await self.one())
        assert found is not None
        return found


async def bench(ledger: Ledger, *incidents: Incident) -> Bench:
    made = list(incidents) or [an_incident(1, [PICTURE])]
    for one in made:
        await ledger.add(filed(one, 0))
    return Bench(ledger, made)


class Refuses(Server):
    """One that refuses documents."""

    async def submit(self, report: bytes) -> Submitted:
        raise TiplineError(Refusal.TERMINAL, 4100, "the document is not valid")


class Silent(Server):
    """One whose answer to `finish` is about another report, and which takes nothing back for a while."""

    away = True

    async def finish(self, report_id: str) -> Finished:
        await super().finish(report_id)
        raise TiplineError(Refusal.TERMINAL, 0, "the answer is about another report")

    async def retract(self, report_id: str) -> None:
        if self.away:
            raise TiplineError(Refusal.TERMINAL, 2000, "the credentials are wrong")
        await super().retract(report_id)
