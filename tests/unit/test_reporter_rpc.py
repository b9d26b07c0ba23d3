"""The door: people see what became of incidents, and say what becomes of them."""

import io
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from reporter import rpc
from reporter.actions import announce
from reporter.bell import Bell
from reporter.desk import Desk
from reporter.incident import Filed, Standing, filed, preserved
from reporter.ledger import Ledger
from reporter.manner import Manner
from reporter.opened import open_ledger
from reporter.rpc import Behind, ReporterRpc
from sluice.host.room import Room
from sluice.telemetry.logging import Log
from sluice.v1.reporter_pb2 import (
    INCIDENT_STATE_CONFIRMED,
    INCIDENT_STATE_HELD,
    INCIDENT_STATE_NEW,
    INCIDENT_STATE_RELEASED,
    INCIDENT_STATE_REPORTED,
    REPORT_PHASE_READY,
    ConfirmIncidentRequest,
    FileIncidentRequest,
    GetIncidentRequest,
    ListIncidentsRequest,
    ReleaseIncidentRequest,
    ReportIncidentRequest,
)
from sluice.v1.reporter_pb2_grpc import ReporterStub, add_ReporterServicer_to_server
from tests.unit.grpc_door import serving
from tests.unit.reporter_world import an_incident

NOW = 5_000_000
MOST_CALLS = 16
MANNER = Manner(gather_ms=60_000)


class Door:
    """A door with a ledger behind it, and who asks there."""

    def __init__(self, ledger: Ledger, servicer: ReporterRpc, channel: grpc.aio.Channel, said: io.StringIO) -> None:
        self.ledger = ledger
        self.servicer = servicer
        self.ask: Any = ReporterStub(channel)
        self.said = said
        self.bell = Bell()
        self.heard = self.bell.listen()
        desk = Desk(ledger, announce, MANNER, lambda: NOW)
        servicer.behind = Behind(desk, ledger, Room(MOST_CALLS), Log("reporter", stream=said), self.bell.ring)

    async def add(self, number: int, standing: Standing = Standing.HELD, account: str = "a canary account") -> None:
        """An incident that was seen at its number."""
        one = filed(an_incident(number, [b"a picture"], account), number)
        await self.ledger.add(preserved(one, (f"e{number}",), standing is Standing.HELD, NOW, MANNER.gather_ms))

    async def one(self, number: int) -> Filed:
        found = await self.ledger.incident(f"i{number}")
        assert found is not None
        return found

    async def listed(self, states: Sequence[int] = (), limit: int = 0) -> tuple[list[str], bool]:
        """Ids, and whether there are more."""
        told = await self.ask.ListIncidents(ListIncidentsRequest(states=states, limit=limit))  # type: ignore[arg-type]
        return [each.incident.id for each in told.incidents], told.more


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    ledger = await open_ledger(str(tmp_path / "reporter.db"))
    servicer, said = ReporterRpc(), io.StringIO()
    async with serving(lambda server: add_ReporterServicer_to_server(servicer, server), said) as channel:
        yield Door(ledger, servicer, channel, said)
    await ledger.close()


async def refused(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), caught.value.details() or ""


async def test_the_first_seen_come_first_and_no_more_than_were_asked_for(door: Door) -> None:
    for number in (3, 1, 2):
        await door.add(number)
    await door.add(4, Standing.CONFIRMED)
    assert await door.listed() == (["i1", "i2", "i3", "i4"], False)
    assert await door.listed([INCIDENT_STATE_HELD], 2) == (["i1", "i2"], True)
    assert await door.listed([INCIDENT_STATE_HELD], 3) == (["i1", "i2", "i3"], False)
    assert await door.listed([INCIDENT_STATE_NEW]) == ([], False)


async def test_a_list_goes_on_behind_the_last_one(door: Door) -> None:
    for number in (1, 2, 3):
        await door.add(number)
    told = await door.ask.ListIncidents(ListIncidentsRequest(states=[INCIDENT_STATE_HELD], limit=2, after="i1"))
    assert ([each.incident.id for each in told.incidents], told.more) == (["i2", "i3"], False)
    # What is decided meanwhile is no gap.
    await door.ask.ReleaseIncident(ReleaseIncidentRequest(incident_id="i1", who="ada", why="none"))
    told = await door.ask.ListIncidents(ListIncidentsRequest(states=[INCIDENT_STATE_HELD], limit=1, after="i1"))
    assert ([each.incident.id for each in told.incidents], told.more) == (["i2"], True)


async def test_a_list_is_no_larger_than_a_message(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2, 3):
        await door.add(number)
    one = (await door.ask.GetIncident(GetIncidentRequest(incident_id="i1"))).incident.ByteSize()
    monkeypatch.setattr(rpc, "MOST_BYTES", 2 * one + one // 2)
    assert await door.listed() == (["i1", "i2"], True)
    # The first one in any case: who asks on has to get somewhere.
    monkeypatch.setattr(rpc, "MOST_BYTES", 1)
    assert await door.listed() == (["i1"], True)


async def test_a_person_confirms_and_work_begins(door: Door) -> None:
    await door.add(1)
    request = ConfirmIncidentRequest(incident_id="i1", who="ada.lovelace", why="a match", viewed=True)
    told = (await door.ask.ConfirmIncident(request)).incident
    assert (told.state, told.who, told.why, told.confirmed_at_ms) == (
        INCIDENT_STATE_CONFIRMED,
        "ada.lovelace",
        "a match",
        NOW,
    )
    assert (await door.one(1)).viewed
    assert door.heard.is_set()
    # Again is fine, and changes nothing.
    other = ConfirmIncidentRequest(incident_id="i1", who="bob", why="me too")
    assert (await door.ask.ConfirmIncident(other)).incident.who == "ada.lovelace"
    (event,) = await door.ledger.unpublished(9)
    assert event.topic == "accounts.actions"


async def test_a_person_releases_and_it_is_over(door: Door) -> None:
    await door.add(1)
    request = ReleaseIncidentRequest(incident_id="i1", who="ada", why="no match")
    assert (await door.ask.ReleaseIncident(request)).incident.state == INCIDENT_STATE_RELEASED
    confirm = ConfirmIncidentRequest(incident_id="i1", who="ada", why="or is it")
    code, words = await refused(door.ask.ConfirmIncident(confirm))
    assert (code, "released" in words) == (grpc.StatusCode.FAILED_PRECONDITION, True)
    assert list(await door.ledger.unpublished(9)) == []


async def test_a_confirmed_one_is_reported_now(door: Door) -> None:
    await door.add(1, Standing.CONFIRMED)
    assert await door.ledger.gather(NOW, 9) is None
    told = (await door.ask.ReportIncident(ReportIncidentRequest(incident_id="i1", who="ada"))).incident
    assert not told.HasField("report")
    report = await door.ledger.gather(NOW, 9)
    assert report is not None
    told = (await door.ask.GetIncident(GetIncidentRequest(incident_id="i1"))).incident
    assert (told.report.number, told.report.phase) == (report.number, REPORT_PHASE_READY)
    (listed,) = (await door.ask.ListIncidents(ListIncidentsRequest())).incidents
    assert listed == told


async def test_one_that_is_held_is_not_reported_without_a_person_who_says_that_it_is_a_match(door: Door) -> None:
    await door.add(1)
    code, _ = await refused(door.ask.ReportIncident(ReportIncidentRequest(incident_id="i1", who="ada")))
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert (await door.one(1)).standing is Standing.HELD


async def test_what_a_person_filed_is_reported(door: Door) -> None:
    await door.add(1)
    request = FileIncidentRequest(incident_id="i1", report_id="987", who="bob", why="on the site")
    code, words = await refused(door.ask.FileIncident(request))
    assert (code, "held" in words) == (grpc.StatusCode.FAILED_PRECONDITION, True)
    await door.ask.ConfirmIncident(ConfirmIncidentRequest(incident_id="i1", who="ada", why="a match"))
    told = (await door.ask.FileIncident(request)).incident
    assert (told.state, told.report.report_id) == (INCIDENT_STATE_REPORTED, "987")
    assert [(each.what, each.who) for each in told.said] == [("confirmed", "ada"), ("filed", "bob")]
    counts = (await door.ask.ListIncidents(ListIncidentsRequest(states=[INCIDENT_STATE_HELD]))).counts
    assert [(each.state, each.incidents) for each in counts] == [(INCIDENT_STATE_REPORTED, 1)]


async def test_nobody_knows_it(door: Door) -> None:
    for call in (
        door.ask.GetIncident(GetIncidentRequest(incident_id="i9")),
        door.ask.ListIncidents(ListIncidentsRequest(after="i9")),
        door.ask.ConfirmIncident(ConfirmIncidentRequest(incident_id="i9", who="ada", why="so")),
        door.ask.ReleaseIncident(ReleaseIncidentRequest(incident_id="i9", who="ada", why="so")),
        door.ask.ReportIncident(ReportIncidentRequest(incident_id="i9", who="ada")),
        door.ask.FileIncident(FileIncidentRequest(incident_id="i9", report_id="7", who="ada", why="so")),
    ):
        assert (await refused(call))[0] is grpc.StatusCode.NOT_FOUND


async def test_who_and_why_must_be_said(door: Door) -> None:
    await door.add(1)
    for call in (
        door.ask.GetIncident(GetIncidentRequest()),
        door.ask.ListIncidents(ListIncidentsRequest(states=[99])),  # type: ignore[list-item] # a newer client's
        door.ask.ConfirmIncident(ConfirmIncidentRequest(incident_id="i1", why="so")),
        door.ask.ConfirmIncident(ConfirmIncidentRequest(incident_id="i1", who="ada")),
        door.ask.ReleaseIncident(ReleaseIncidentRequest(incident_id="i1", who=" ", why="so")),
        door.ask.ReleaseIncident(ReleaseIncidentRequest(incident_id="i1", who="ada", why="")),
        door.ask.ReportIncident(ReportIncidentRequest(incident_id="i1")),
        door.ask.FileIncident(FileIncidentRequest(incident_id="i1", report_id="7", who="ada")),
        door.ask.FileIncident(FileIncidentRequest(incident_id="i1", report_id="7 8", who="ada", why="so")),
    ):
        assert (await refused(call))[0] is grpc.StatusCode.INVALID_ARGUMENT
    assert (await door.one(1)).standing is Standing.HELD


async def test_the_log_says_what_was_decided_and_not_by_whom_or_about_whom(door: Door) -> None:
    for number in (1, 2, 3):
        await door.add(number)
    await door.ask.ConfirmIncident(ConfirmIncidentRequest(incident_id="i1", who="ada.lovelace", why="a canary why"))
    await door.ask.ReleaseIncident(ReleaseIncidentRequest(incident_id="i2", who="ada.lovelace", why="a canary why"))
    await door.ask.ReportIncident(ReportIncidentRequest(incident_id="i1", who="ada.lovelace"))
    lines = [json.loads(line) for line in door.said.getvalue().splitlines()]
    assert [(line["incident_id"], line["state"]) for line in lines] == [
        ("i1", "confirmed"),
        ("i2", "released"),
        ("i1", "confirmed"),
    ]
    assert "ada" not in door.said.getvalue()
    assert "canary" not in door.said.getvalue()


async def test_a_ledger_that_does_not_answer_is_unavailable(door: Door) -> None:
    await door.ledger.close()
    assert (await refused(door.ask.ListIncidents(ListIncidentsRequest())))[0] is grpc.StatusCode.UNAVAILABLE


async def test_before_it_is_open_and_when_it_is_full(door: Door) -> None:
    behind = door.servicer.behind
    assert behind is not None
    for _ in range(MOST_CALLS):
        behind.room.take()
    assert (await refused(door.ask.ListIncidents(ListIncidentsRequest())))[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    door.servicer.behind = None
    assert (await refused(door.ask.ListIncidents(ListIncidentsRequest())))[0] is grpc.StatusCode.UNAVAILABLE
