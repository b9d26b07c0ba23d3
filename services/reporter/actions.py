"""What follows for an account from an incident that is confirmed, or released afterwards. Pure."""

import base64
import hashlib
import uuid
from collections.abc import Sequence
from typing import Final

from reporter.incident import Filed, Standing
from reporter.ledger import Event
from sluice.bus.topics import Topic
from sluice.v1.account_action_pb2 import ACCOUNT_ACTION_KIND_BAN, ACCOUNT_ACTION_KIND_LIFT, AccountAction

_BAN: Final = "ban"
_LIFT: Final = "lift"
_NO_UUID: Final = uuid.UUID("b7b1f6c4-3c1d-5f0e-9d55-0f4f3f1f7a21")
"""Namespace of the ids of incidents that are no UUIDs: another orchestrator may have written them."""
_APPEAL: Final = b"sluice appeal\0"
_APPEAL_BYTES: Final = 10


def announce(one: Filed) -> Sequence[Event]:
    """The events that tell of an incident that was just confirmed, or just released: one, that bans its account or
    lifts that ban, or none.

    A match of a test list bans nobody, of an incident without an account there is nobody to ban, and what was never
    confirmed has no ban to lift. The same incident has the same two events, whenever they are asked for.
    """
    lifts = one.standing is Standing.RELEASED
    if not bans(one) or (lifts and not one.confirmed_at_ms):
        return ()
    action = AccountAction(
        id=str(uuid.uuid5(_namespace(one.id), _LIFT if lifts else _BAN)),
        tenant=one.tenant,
        account_id=one.account_id,
        kind=ACCOUNT_ACTION_KIND_LIFT if lifts else ACCOUNT_ACTION_KIND_BAN,
        reason=one.incident().rule,
        incident_id=one.id,
        request_id=one.incident().request_id,
        appeal_reference=appeal_reference(one.id),
        confirmed_at_ms=one.confirmed_at_ms,
    )
    return (
        Event(action.id, Topic.ACCOUNT_ACTIONS, account_key(one.tenant, one.account_id), action.SerializeToString()),
    )


def bans(one: Filed) -> bool:
    """Whether its account is banned once it is confirmed."""
    return not one.test and bool(one.account_id)


def account_key(tenant: str, account_id: str) -> bytes:
    """The key of an account's records: a digest, for keys are shown and logged where values are not."""
    return hashlib.sha256(f"{tenant}\0{account_id}".encode()).hexdigest().encode()


def appeal_reference(incident_id: str) -> str:
    """What the account's owner quotes: 16 letters and digits in four groups. Only who has the incident can tell which
    it is of."""
    digest = hashlib.sha256(_APPEAL + incident_id.encode()).digest()[:_APPEAL_BYTES]
    text = base64.b32encode(digest).decode()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _namespace(incident_id: str) -> uuid.UUID:
    try:
        return uuid.UUID(incident_id)
    except ValueError:
        return uuid.uuid5(_NO_UUID, incident_id)
