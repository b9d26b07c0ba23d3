"""From the log into the ledger, and from its outbox to the topics."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reporter.intake import Intake
from reporter.ledger import Event, Ledger
from reporter.opened import open_ledger
from reporter.publishing import Publishing
from sluice.bus.record import Outgoing, Record
from sluice.bus.topics import Topic
from sluice.errors import PoisonError, RetryableError
from sluice.v1.incident_pb2 import Incident
from tests.unit.reporter_incidents import new


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    ledger = await open_ledger(str(tmp_path / "reporter.db"))
    yield ledger
    await ledger.close()


def record(value: bytes) -> Record:
    return Record(Topic.INCIDENTS, 0, 7, b"key", value, 1)


async def test_an_incident_that_is_read_twice_is_one(ledger: Ledger) -> None:
    intake = Intake(ledger, lambda: 5)
    incident = Incident(id="i1", request_id="r1", account_id="a", test=True)
    for _ in range(2):
        assert await intake.handle(record(incident.SerializeToString())) == ()
    one = await ledger.incident("i1")
    assert one is not None
    assert (one.incident(), one.seen_at_ms, one.test) == (incident, 5, True)
    assert await ledger.counts() == {"new": 1, "unpublished": 0}


@pytest.mark.parametrize("value", [b"\xff", b"", Incident(id="i1").SerializeToString()])
async def test_what_is_no_incident_is_poison(ledger: Ledger, value: bytes) -> None:
    with pytest.raises(PoisonError):
        await Intake(ledger, lambda: 5).handle(record(value))


async def test_events_are_published_in_order_and_what_fails_waits(ledger: Ledger) -> None:
    one = new()
    await ledger.add(one)
    await ledger.save_incident(one, [Event(f"e{at}", "accounts.actions", b"a", bytes([at])) for at in range(3)])
    sent: list[Outgoing] = []
    away = True

    async def send(outgoing: Outgoing) -> int:
        if away and outgoing.value == b"\x01":
            raise RetryableError("the broker does not answer")
        sent.append(outgoing)
        return 0

    publishing = Publishing(ledger, send)
    with pytest.raises(RetryableError):
        await publishing.once()
    assert [each.id for each in await ledger.unpublished(9)] == ["e1", "e2"]
    away = False
    assert await publishing.once() == 2
    assert await publishing.once() == 0
    assert [each.value for each in sent] == [b"\x00", b"\x01", b"\x02"]
    assert {(each.topic, each.key) for each in sent} == {("accounts.actions", b"a")}
