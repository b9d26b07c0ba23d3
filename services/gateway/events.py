"""Server-sent events: what is written, and how what was written last is read back. Pure.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
import re
from dataclasses import dataclass
from typing import Final

from sluice.contract.names import short_name
from sluice.v1.decision_pb2 import Input
from sluice.v1.verdict_pb2 import Status

HEART_BEAT: Final = b": \n\n"
RETRY_MS: Final = 1000
"""After which a client that lost its connection comes back."""

ACCEPTED: Final = "accepted"
VERDICT: Final = "verdict"
DECISION: Final = "decision"
ASSET: Final = "asset"
FAILED: Final = "failed"
_LAST_VERDICT: Final = re.compile(r"verdict-([0-9]{1,18})")
_NONE: Final = -1


@dataclass(frozen=True, slots=True)
class Event:
    """`id`: what a client that comes back names as the last that it has."""

    name: str
    id: str
    data: object

    def encoded(self) -> bytes:
        """On the wire."""
        # JSON as it is written here is one line.
        return f"id: {self.id}\nevent: {self.name}\ndata: {json.dumps(self.data)}\n\n".encode()


def opening() -> bytes:
    """What a stream begins with."""
    return f"retry: {RETRY_MS}\n\n".encode()


@dataclass(frozen=True, slots=True)
class Had:
    """How far a client is. `verdict`: the offset of the last one that it has, -1 for none."""

    accepted: bool = False
    verdict: int = _NONE
    decision: bool = False
    ended: bool = False


def had(last_id: str) -> Had:
    """What the header Last-Event-ID says; nothing where it is none of ours."""
    if last_id in (ASSET, FAILED):
        return Had(accepted=True, decision=True, ended=True)
    if last_id == DECISION:
        return Had(accepted=True, decision=True)
    found = _LAST_VERDICT.fullmatch(last_id)
    if found is not None:
        return Had(accepted=True, verdict=int(found[1]))
    return Had(accepted=last_id == ACCEPTED)


def verdict_event(seen: Input, offset: int, requested_ms: int) -> Event:
    """A check has answered. `requested_ms`: when the request's record was appended, 0 where not known."""
    worked = max(0, seen.finished_at_ms - seen.started_at_ms)
    told = {
        "check": seen.check,
        "status": status_of(seen),
        "ms": worked,
        "after_ms": max(0, seen.appended_at_ms - requested_ms) if requested_ms else None,
    }
    return Event(VERDICT, f"{VERDICT}-{offset}", told)


def status_of(seen: Input) -> str:
    """A verdict in one word: OK, or what the first content that is not says."""
    failed = [result.status for result in seen.results if result.status != Status.STATUS_OK]
    return (short_name(Status, failed[0]) or "ERROR") if failed else "OK"
