"""From the log into the ledger, and from its outbox to the topics."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from obstore import store as stores

from reporter.asked import id_of
from reporter.exempting import exempting
from reporter.intake import Intake
from reporter.ledger import Event, Ledger
from reporter.opened import open_ledger
from reporter.publishing import Publishing
from sluice.bus.record import Outgoing, Record
from sluice.bus.topics import Topic
from sluice.errors import PoisonError, RetryableError
from sluice.objects import ObjectStore, held_key, original_key
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_CONFLICT
from sluice.v1.incident_pb2 import Incident, IncidentContent
from tests.unit.reporter_incidents import new


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    ledger = await open_ledger(str(tmp_path / "reporter.db"))
    yield ledger
    await ledger.close()


@pytest.fixture
def store() -> ObjectStore:
    return ObjectStore("memory://objects", stores.MemoryStore())


async def kept(_: Sequence[IncidentContent]) -> None:
    """No expiry takes anything here."""


def incident_of(store: ObjectStore, *pictures: bytes) -> Incident:
    contents = []
    for at, data in enumerate(pictures):
        original = store.put_now(original_key(hashlib.sha256(data).digest()), data, "image/png")
        contents.append(IncidentContent(content_id=f"c{at}", original=original))
    return Incident(id="i1", request_id="r1", contents=contents)


def is_held(store: ObjectStore, data: bytes) -> bool:
    return store.exists_now(held_key(hashlib.sha256(data).digest()))


def record(value: bytes) -> Record:
    return Record(Topic.INCIDENTS, 0, 7, b"key", value, 1)


async def test_an_incident_that_is_read_twice_is_one(ledger: Ledger) -> None:
    intake = Intake(ledger, lambda: 5, kept)
    incident = Incident(id="i1", request_id="r1", account_id="a", test=True)
    for _ in range(2):
        assert await intake.handle(record(incident.SerializeToString())) == ()
    one = await ledger.incident("i1")
    assert one is not None
    assert (one.incident(), one.seen_at_ms, one.test) == (incident, 5, True)
    assert await ledger.counts() == {"new": 1, "unpublished": 0}


async def test_another_incident_under_an_id_that_is_known_is_not_dropped_silently(ledger: Ledger) -> None:
    intake = Intake(ledger, lambda: 5, kept)
    incident = Incident(id="i1", request_id="r1", account_id="alice")
    await intake.handle(record(incident.SerializeToString()))
    other = Incident(id="i1", request_id="r1", account_id="mallory").SerializeToString()
    with pytest.raises(PoisonError, match="incident i1 of request r1 is in the ledger as another one") as caught:
        await intake.handle(record(other))
    assert caught.value.reason == DEAD_LETTER_REASON_CONFLICT
    assert "alice" not in str(caught.value)
    assert "mallory" not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        b"\xff",
        b"",
        Incident(id="i1").SerializeToString(),
        Incident(request_id="r1").SerializeToString(),
        *(
            Incident(id=name, request_id="r1").SerializeToString()
            for name in ("i\0", " i", "i\n", "i\nj", "\u202ei", "i" * 129)
        ),
    ],
)
async def test_what_is_no_incident_is_poison(ledger: Ledger, value: bytes) -> None:
    with pytest.raises(PoisonError):
        await Intake(ledger, lambda: 5, kept).handle(record(value))


async def test_no_expiry_takes_an_original_once_its_incident_is_taken_in(ledger: Ledger, store: ObjectStore) -> None:
    incident = incident_of(store, b"one", b"two")
    intake = Intake(ledger, lambda: 5, exempting(store))
    await intake.handle(record(incident.SerializeToString()))
    assert is_held(store, b"one")
    assert is_held(store, b"two")


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_where_an_original_is_gone_or_is_none_of_ours_the_incident_is_taken_in_all_the_same(
    ledger: Ledger, store: ObjectStore, elsewhere: bool
) -> None:
    incident = incident_of(store, b"one", b"two")
    store.delete_now(original_key(hashlib.sha256(b"one").digest()))
    if elsewhere:
        incident.contents[0].original.uri = "file:///etc/passwd"
    await Intake(ledger, lambda: 5, exempting(store)).handle(record(incident.SerializeToString()))
    assert await ledger.incident("i1") is not None
    assert is_held(store, b"two")


async def test_what_is_known_gets_no_second_copy_that_nobody_would_remove(ledger: Ledger, store: ObjectStore) -> None:
    intake, value = Intake(ledger, lambda: 5, exempting(store)), incident_of(store, b"one").SerializeToString()
    await intake.handle(record(value))
    store.delete_now(held_key(hashlib.sha256(b"one").digest()))
    await intake.handle(record(value))
    assert not is_held(store, b"one")


async def test_while_the_store_does_not_answer_nothing_is_taken_in(ledger: Ledger, tmp_path: Path) -> None:
    store = ObjectStore.open((tmp_path / "objects").as_uri())
    intake, value = Intake(ledger, lambda: 5, exempting(store)), incident_of(store, b"one").SerializeToString()
    in_the_way = tmp_path / "objects" / "held"
    in_the_way.touch()
    with pytest.raises(RetryableError):
        await intake.handle(record(value))
    assert await ledger.incident("i1") is None
    in_the_way.unlink()
    await intake.handle(record(value))
    assert is_held(store, b"one")


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


async def test_a_person_can_name_whatever_is_taken_in(ledger: Ledger) -> None:
    for name in ("i" * 128, "a b", "\u00e9"):
        await Intake(ledger, lambda: 5, kept).handle(record(Incident(id=name, request_id="r1").SerializeToString()))
        assert id_of(name) == name
