"""Who is banned, and that it is told once."""

import hashlib
import re
import uuid
from dataclasses import replace

import pytest

from reporter.actions import account_key, announce, appeal_reference
from reporter.incident import Filed, Standing
from sluice.bus.topics import Topic
from sluice.v1.account_action_pb2 import ACCOUNT_ACTION_KIND_BAN, ACCOUNT_ACTION_KIND_LIFT, AccountAction
from sluice.v1.incident_pb2 import Incident

INCIDENT = "0f6f2a6e-5a53-5e0e-8a7e-1f4dcb0f7a11"


def confirmed(**more: object) -> Filed:
    """A confirmed incident of an account."""
    incident = Incident(id=INCIDENT, request_id="r1", tenant="shop", account_id="an account", rule="known-csam")
    one = Filed(INCIDENT, "shop", "an account", False, incident.SerializeToString(), 1, confirmed_at_ms=77)
    return replace(one, **more)  # type: ignore[arg-type] # as the tests have them


def test_a_confirmed_incident_bans_its_account() -> None:
    (event,) = announce(confirmed())
    assert event.topic == Topic.ACCOUNT_ACTIONS
    action = AccountAction.FromString(event.value)
    assert event.id == action.id == str(uuid.uuid5(uuid.UUID(INCIDENT), "ban"))
    assert (action.tenant, action.account_id, action.kind) == ("shop", "an account", ACCOUNT_ACTION_KIND_BAN)
    assert (action.reason, action.incident_id, action.request_id) == ("known-csam", INCIDENT, "r1")
    assert action.confirmed_at_ms == 77
    assert action.appeal_reference == appeal_reference(INCIDENT)


@pytest.mark.parametrize("more", [{"test": True}, {"account_id": ""}])
def test_tests_and_those_without_an_account_ban_nobody(more: dict[str, object]) -> None:
    assert announce(confirmed(**more)) == ()


def test_a_release_lifts_that_ban_and_has_an_id_of_its_own() -> None:
    (event,) = announce(confirmed(standing=Standing.RELEASED))
    action = AccountAction.FromString(event.value)
    assert event.id == action.id == str(uuid.uuid5(uuid.UUID(INCIDENT), "lift"))
    assert (action.kind, action.account_id, action.incident_id) == (ACCOUNT_ACTION_KIND_LIFT, "an account", INCIDENT)
    # Under the key of the ban, so it is read behind it.
    assert event.key == announce(confirmed())[0].key


@pytest.mark.parametrize("more", [{"test": True}, {"account_id": ""}, {"confirmed_at_ms": 0}])
def test_where_nobody_was_banned_nothing_is_lifted(more: dict[str, object]) -> None:
    assert announce(confirmed(standing=Standing.RELEASED, **more)) == ()


def test_the_same_incident_is_the_same_event() -> None:
    assert announce(confirmed()) == announce(confirmed())
    assert announce(confirmed(id=str(uuid.uuid4())))[0].id != announce(confirmed())[0].id


def test_an_id_that_is_no_uuid_has_an_action_too() -> None:
    (event,) = announce(confirmed(id="i1"))
    assert uuid.UUID(event.id).version == 5
    assert event == announce(confirmed(id="i1"))[0]


def test_a_key_is_a_digest_that_keeps_tenants_apart() -> None:
    (event,) = announce(confirmed())
    assert event.key == hashlib.sha256(b"shop\0an account").hexdigest().encode()
    assert account_key("ab", "c") != account_key("a", "bc")


def test_a_reference_tells_nothing_of_its_incident() -> None:
    found = appeal_reference(INCIDENT)
    assert re.fullmatch(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", found)
    assert appeal_reference(str(uuid.uuid4())) != found
    assert not any(part in found.lower() for part in INCIDENT.split("-"))
