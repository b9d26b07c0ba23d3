"""What is known of a request, to its own tenant alone: anybody else's is as if there were none."""

from dataclasses import dataclass
from typing import Final

from gateway.errors import ApiError, not_found, unavailable
from gateway.follower import Follower
from gateway.follower_places import Places
from gateway.follower_read import Decided, Heard, Signed, read_decision, read_signed, read_verdicts
from gateway.follower_watch import CONDITION
from gateway.parts import Parts
from gateway.requests_later import InHand
from gateway.requests_taken import TakenStore
from sluice.bus.topics import Topic
from sluice.deadline import Deadline
from sluice.ids import parse_request_id
from sluice.v1.decision_pb2 import ACTION_ALLOW
from sluice.v1.request_pb2 import STAGE_OUTPUT

GIVE_UP_MS: Final = 360_000
"""After so long nothing will become of a request: the longest deadline, and what a door waits beyond it."""
_SETTLE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Known:
    """`decided`: its decision, None where there is none yet. `signed`: of an allowed output. `heard`: the verdicts of
    one that is not decided. `failed`: why no decision will come. `taken_ms`: when it was taken, 0 where not known."""

    request_id: str
    decided: Decided | None = None
    signed: Signed | None = None
    heard: tuple[Heard, ...] = ()
    failed: ApiError | None = None
    taken_ms: int = 0


def no_such_request() -> ApiError:
    """404, and nothing more."""
    return not_found("There is no such request, or it is kept no longer.", "request_id")


def canonical(request_id: str) -> str:
    """The id in canonical form. ApiError 404 for what is none."""
    found = parse_request_id(request_id)
    if found is None:
        raise no_such_request()
    return found


def follower_of(parts: Parts) -> Follower:
    """What follows the log. ApiError 503 where nothing does."""
    if parts.follower is None:
        raise unavailable("unavailable", "The log is not followed here.")
    return parts.follower


async def look_up(parts: Parts, request_id: str, tenant: str) -> Known:
    """What is known now, by anybody's telling so far. `request_id`: in canonical form. ApiError 404, 503 while the
    log is read back; RetryableError."""
    follower = follower_of(parts)
    places = follower.find(request_id)
    held = parts.later.get(request_id)
    if (places is None or places.decision is None) and (held is None or not held.calls):
        # Whoever waited for it may have the answer before it is read here.
        await follower.settled(Topic.DECISIONS, request_id, Deadline.after(_SETTLE_SECONDS))
        places = follower.find(request_id)
    if places is not None and places.decision is not None:
        return await _decided(follower, request_id, places, tenant)
    return await _pending(parts, request_id, places, tenant)


async def _decided(follower: Follower, request_id: str, places: Places, tenant: str) -> Known:
    decided = await read_decision(follower.find_record, request_id, places)
    if decided is None or decided.tenant != tenant:
        raise no_such_request()
    signed = None
    if has_asset(decided):
        if places.signed is None:
            await follower.settled(Topic.SIGNED, request_id, Deadline.after(_SETTLE_SECONDS))
            places = follower.find(request_id) or places
        signed = await read_signed(follower.find_record, request_id, places)
    return Known(request_id, decided, signed)


def has_asset(decided: Decided) -> bool:
    """Whether a signed picture is there, or will be."""
    return decided.decision.action == ACTION_ALLOW and decided.decision.stage == STAGE_OUTPUT


async def _pending(parts: Parts, request_id: str, places: Places | None, tenant: str) -> Known:
    held = parts.later.get(request_id)
    taken = held.taken if held is not None else await TakenStore(parts.database).get(request_id)
    if taken is None and CONDITION in parts.readiness.conditions:
        raise unavailable("unavailable", "The log is being read back. Ask again.")
    if taken is None or taken.tenant != tenant:
        raise no_such_request()
    heard: tuple[Heard, ...] = ()
    if places is not None:
        find = follower_of(parts).find_record
        heard = tuple(await read_verdicts(find, request_id, places.partition, places.verdicts))
    return Known(request_id, None, None, heard, _failure(held, taken.taken_ms, parts.now()), taken.taken_ms)


def _failure(held: InHand | None, taken_ms: int, now_ms: int) -> ApiError | None:
    if held is not None:
        return held.failed
    if now_ms - taken_ms > GIVE_UP_MS:
        return unavailable("no_decision", "No decision came. That means: not allowed.")
    return None
