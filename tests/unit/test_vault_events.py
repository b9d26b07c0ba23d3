"""Events are read back as they were; hostile facts are facts, and other bytes are refused."""

import json

import pytest

from sluice.v1.incident_pb2 import Incident, IncidentContent
from sluice.v1.request_pb2 import ObjectReference, Role, Stage
from sluice.vault.entry import Action
from sluice.vault.events import (
    Cause,
    Destroying,
    Event,
    Held,
    HoldLifted,
    Kept,
    ReleaseAsked,
    Reported,
    action,
    decode,
    encode,
    why,
)
from sluice.vault.facts import MOST_TEXT, Facts, facts_of
from tests.unit.vault_shelf import facts

EVENTS: list[Event] = [
    Kept(1, "reporter", facts()),
    Reported(2, "reporter", "incident-1", "77", 1),
    Held(3, "ann", "case 7", "case-7", 0),
    ReleaseAsked(4, "ann", "over", ""),
    HoldLifted(5, "bob", "over", "case-7", "ann"),
    Destroying(6, "bob", "over", Cause.RELEASED, "ann"),
]
HOSTILE = "\ud800\x00\x1b[2J\u202e" + "x" * 100_000 + '"}{'


@pytest.mark.parametrize("event", EVENTS, ids=action)
def test_read_back_as_written(event: Event) -> None:
    assert decode(encode(event)) == event
    assert Action(action(event)) == action(event)
    assert why(event).isprintable()


@pytest.mark.parametrize("event", EVENTS, ids=action)
def test_another_shape_is_no_event(event: Event) -> None:
    form = json.loads(encode(event))
    others = [form | {"more": 1}, form | {"at_ms": "1"}, form | {"at_ms": True}, form | {"event": "other"}, [form]]
    others += [{name: value for name, value in form.items() if name != left} for left in form]
    others += [form | {name: None} for name in form]
    for other in others:
        with pytest.raises(ValueError, match=r".+"):
            decode(json.dumps(other).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"null", b"\xff", b'{"event": []}', b'{"event": "kept", "facts": []}'])
def test_other_bytes_are_no_event(data: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode(data)


def test_facts_of_an_incident() -> None:
    original = ObjectReference(uri="file:///o/originals/ab", sha256=b"s" * 32, size_bytes=7, media_type="image/png")
    content = IncidentContent(
        content_id="c1", role=Role.values()[2], original=original, md5=b"m" * 16, sha1=b"1" * 20
    )
    incident = Incident(id="i", request_id="r", account_id="a", tenant="t", rule="csam", requested_at_ms=9, test=True)
    incident.stage = Stage.values()[1]
    found = facts_of(incident, content)
    assert (found.key, found.sha256, found.md5) == (("i", "c1"), (b"s" * 32).hex(), (b"m" * 16).hex())
    assert (found.account_id, found.tenant, found.test, found.size_bytes) == ("a", "t", True, 7)
    assert found.stage.startswith("STAGE_")
    assert found.role.startswith("ROLE_")


def test_hostile_facts_cost_their_length_and_nothing_else() -> None:
    long = Incident(
        id="i" * 5000, request_id="\x1b[2J\u202e" * 5000, account_id="x" * 70_000, stage=Stage.ValueType(77)
    )
    found = facts_of(long, IncidentContent(content_id="c" * 5000, role=Role.ValueType(99)))
    assert max(len(found.incident_id), len(found.request_id), len(found.account_id)) == MOST_TEXT
    assert (found.stage, found.role) == ("77", "99")
    assert decode(encode(Kept(1, "reporter", found))) == Kept(1, "reporter", found)


def test_any_text_survives() -> None:
    event = Kept(1, "reporter", facts(account_id=HOSTILE))
    assert decode(encode(event)) == event


def test_facts_are_of_their_kinds() -> None:
    for change in ({"size_bytes": "7"}, {"size_bytes": True}, {"test": 1}, {"uri": None}, {"other": ""}):
        with pytest.raises(ValueError, match="field"):
            Facts.of_form(facts().form() | change)
