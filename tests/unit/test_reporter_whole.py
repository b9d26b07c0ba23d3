"""Everything but the broker in one process: real ledger, real vault, real object store, real simulator, real door."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from deploy.simulators.cybertipline.api import Api
from deploy.simulators.cybertipline.reports import Report as Played
from deploy.simulators.cybertipline.reports import State
from deploy.simulators.cybertipline.server import serving as simulating
from reporter.actions import account_key, announce
from reporter.bell import Bell
from reporter.counted import CountedTipline, CountedVault, call_counters
from reporter.desk import Desk
from reporter.evidence import open_evidence
from reporter.exempting import exempting
from reporter.forms import CyberForms
from reporter.intake import Intake
from reporter.ledger import Ledger
from reporter.manner import Manner
from reporter.opened import open_ledger
from reporter.publishing import Publishing
from reporter.rpc import Behind, ReporterRpc
from reporter.safe import Safe
from reporter.steps import Steps
from reporter.tipline.endpoint import read_endpoint
from reporter.tipline.settings import TiplineSettings
from reporter.where import tiplines
from reporter.workers import Workers
from sluice.bus.record import Outgoing, Record
from sluice.bus.topics import Topic
from sluice.deadline import now_ms
from sluice.host.readiness import Readiness
from sluice.host.room import Room
from sluice.local.vault_key import ensure_vault_key
from sluice.objects import ObjectStore, original_key
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.v1.account_action_pb2 import AccountAction
from sluice.v1.incident_pb2 import Incident, IncidentContent
from sluice.v1.reporter_pb2 import (
    INCIDENT_STATE_HELD,
    INCIDENT_STATE_RELEASED,
    INCIDENT_STATE_REPORTED,
    ConfirmIncidentRequest,
    GetIncidentRequest,
    IncidentRecord,
    ListIncidentsRequest,
    ReleaseIncidentRequest,
)
from sluice.v1.reporter_pb2_grpc import ReporterStub, add_ReporterServicer_to_server
from sluice.v1.request_pb2 import ROLE_UPLOAD, STAGE_PROMPT
from sluice.v1.verdict_pb2 import ListMatch
from sluice.vault.settings import VaultSettings
from sluice.vault.store import Vault
from sluice.vault.upkeep import verify
from tests.unit.grpc_door import serving
from tests.unit.metric_values import values
from tests.unit.tipline_samples import REPORTER

MANNER = Manner(gather_ms=0)


class Whole:
    """A reporter without its broker: what it reads is given to it, what it writes is kept."""

    def __init__(self, ledger: Ledger, vault: Vault, store: ObjectStore, api: Api, ask: Any) -> None:
        self.ledger = ledger
        self.vault = vault
        self.store = store
        self.api = api
        self.ask = ask
        self.metrics = Metrics("reporter")
        self.sent: list[Outgoing] = []
        self.publishing = Publishing(ledger, self._send)

    async def take_in(self, name: str, data: bytes, test: bool) -> Incident:
        """An incident of harmless bytes, read five times."""
        digest = hashlib.sha256(data).digest()
        original = self.store.put_now(original_key(digest), data, "image/png")
        match = ListMatch(list="a list", entry="e1", kind="csam", method="sha256", test=test)
        content = IncidentContent(content_id="c0", role=ROLE_UPLOAD, original=original, matches=[match])
        incident = Incident(
            id=name, request_id=f"r-{name}", account_id="an account", tenant="shop", stage=STAGE_PROMPT,
            rule="known-csam", contents=[content], requested_at_ms=now_ms() - 1000, test=test,
        )  # fmt: skip
        record = Record(Topic.INCIDENTS, 0, 0, b"key", incident.SerializeToString(), 1)
        for _ in range(5):
            assert await Intake(self.ledger, now_ms, exempting(self.store)).handle(record) == ()
        return incident

    async def told(self, incident: Incident) -> IncidentRecord:
        found = await self.ask.GetIncident(GetIncidentRequest(incident_id=incident.id))
        record = found.incident
        assert isinstance(record, IncidentRecord)
        return record

    async def until(self, incident: Incident, state: int) -> IncidentRecord:
        """Stands so, and nothing is left to do about it."""
        while (found := await self.told(incident)).state != state or found.due_at_ms:
            await asyncio.sleep(0.01)
        return found

    def finished(self) -> list[Played]:
        return [each for each in self.api.reports.all.values() if each.state is State.FINISHED]

    async def _send(self, outgoing: Outgoing) -> int:
        self.sent.append(outgoing)
        return 0


@asynccontextmanager
async def whole(home: Path) -> AsyncIterator[Whole]:
    """Two workers, a door, and a tip line for tests alone."""
    ensure_vault_key(home)
    settings = VaultSettings((home / "vault").as_uri(), (home / "vault.keys").as_uri(), home / "audit.head", None)
    ledger, vault = await open_ledger(str(home / "reporter.db")), await open_evidence(settings)
    store, api, servicer = ObjectStore.open((home / "objects").as_uri()), Api("simulator", "simulator"), ReporterRpc()
    log, bell, stop = Log("reporter", stream=io.StringIO()), Bell(), asyncio.Event()
    with simulating(api) as server:
        at = read_endpoint(f"http://127.0.0.1:{server.port}/ispws")
        async with serving(lambda door: add_ReporterServicer_to_server(servicer, door)) as channel:
            here = Whole(ledger, vault, store, api, ReporterStub(channel))
            counters, board = call_counters(here.metrics), Readiness("", log)
            found = tiplines(TiplineSettings(at, "simulator", "simulator"))
            lines = {test: CountedTipline(one, counters, board) for test, one in found.items()}
            kept = CountedVault(Safe(vault, store), here.metrics)
            forms = CyberForms(REPORTER, now_ms)
            steps = [Steps(ledger, kept, lines, forms, announce, MANNER, now_ms) for _ in range(2)]
            servicer.behind = Behind(Desk(ledger, announce, MANNER, now_ms), ledger, Room(9), log, bell.ring)
            working = asyncio.create_task(Workers(steps, bell, log).run(stop, 60.0))
            try:
                yield here
            finally:
                stop.set()
                await working
                await ledger.close()


async def test_a_test_match_is_held_confirmed_and_reported_to_the_simulator(tmp_path: Path) -> None:
    async with whole(tmp_path) as here:
        incident = await here.take_in("i1", b"a harmless picture", test=True)
        held = await here.until(incident, INCIDENT_STATE_HELD)
        assert held.purged
        assert here.api.reports.all == {}
        listed = (await here.ask.ListIncidents(ListIncidentsRequest())).incidents
        assert [one.incident.id for one in listed] == ["i1"]
        request = ConfirmIncidentRequest(incident_id="i1", who="ada", why="a test", viewed=True)
        await here.ask.ConfirmIncident(request)
        reported = await here.until(incident, INCIDENT_STATE_REPORTED)
        (played,) = here.finished()
        assert reported.report.report_id == played.id
        assert [file.sha256 for file in played.files] == [hashlib.sha256(b"a harmless picture").hexdigest()]
        # Of a test nobody is banned.
        assert await here.publishing.once() == 0
        (evidence_id,) = reported.evidence_ids
        assert here.vault.read_for_report(evidence_id, "a test") == b"a harmless picture"
        found = here.vault.find(evidence_id)
        assert found is not None
        assert found.expires_at_ms is not None
        assert not here.store.exists_now(original_key(hashlib.sha256(b"a harmless picture").digest()))
        assert values(here.metrics, "sluice_reporter_calls_total") == {
            (call, "ok"): 1 for call in ("submit", "upload", "fileinfo", "finish")
        }
        assert not verify(here.vault).failed


async def test_a_real_match_bans_and_waits_where_there_is_no_tip_line_for_it(tmp_path: Path) -> None:
    async with whole(tmp_path) as here:
        real = await here.take_in("i1", b"a harmless picture", test=False)
        test = await here.take_in("i2", b"another", test=True)
        for one in (real, test):
            await here.until(one, INCIDENT_STATE_HELD)
            await here.ask.ConfirmIncident(ConfirmIncidentRequest(incident_id=one.id, who="ada", why="a test"))
        await here.until(test, INCIDENT_STATE_REPORTED)
        assert await here.publishing.once() == 1
        (sent,) = here.sent
        assert (sent.topic, sent.key) == (Topic.ACCOUNT_ACTIONS, account_key("shop", "an account"))
        assert AccountAction.FromString(sent.value).incident_id == real.id
        assert await here.publishing.once() == 0
        assert (await here.told(real)).state != INCIDENT_STATE_REPORTED
        (played,) = here.finished()
        assert [file.sha256 for file in played.files] == [hashlib.sha256(b"another").hexdigest()]
        assert len(here.api.reports.all) == 1


async def test_what_a_person_releases_is_never_sent_and_bans_nobody(tmp_path: Path) -> None:
    async with whole(tmp_path) as here:
        incident = await here.take_in("i1", b"a harmless picture", test=True)
        await here.until(incident, INCIDENT_STATE_HELD)
        await here.ask.ReleaseIncident(ReleaseIncidentRequest(incident_id="i1", who="ada", why="no match"))
        released = await here.until(incident, INCIDENT_STATE_RELEASED)
        assert here.vault.read_for_report(released.evidence_ids[0], "a test") == b"a harmless picture"
        assert here.api.reports.all == {}
        assert await here.publishing.once() == 0
