"""What an answer that is no success means: the envelope of errors, the status, and when to ask again."""

import email.utils
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sluice.client.outcome import Why
from sluice.client.wire import Reply

_AGAIN: Final = frozenset({408, 425, 429})
"""Beside 5xx. What stands before a gateway has numbers of its own, such as 520."""
_NEVER: Final = frozenset({501, 505})
_UNREADABLE: Final = "unprocessable_content"
_LONGEST: Final = 366 * 86_400.0


@dataclass(frozen=True, slots=True)
class Again:
    """It may work later. `after`: no sooner than in so many seconds; `final`: with this id it will not."""

    why: Why
    after: float = 0.0
    final: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A text or a picture of the request cannot be read: that is a decision about it."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """The call is wrong. `code`: the server's word, not yet looked at."""

    code: str


def refusal(reply: Reply, now_ms: int) -> Again | Unreadable | Wrong:
    """What a reply means whose status is not 2xx. `now_ms`: milliseconds since the epoch, for a date to come back."""
    code = _code(reply.body)
    if reply.status == 400 and code == _UNREADABLE:
        return Unreadable()
    if reply.status not in _AGAIN and (reply.status < 500 or reply.status in _NEVER):
        return Wrong(code)
    after = retry_after(reply.headers, now_ms)
    if code == "incomplete":
        return Again(Why.INCOMPLETE, after, final=True)
    final = reply.headers.get("x-should-retry", "").strip().lower() == "false"
    if reply.status == 429:
        return Again(Why.BUSY, after, final)
    return Again(Why.NO_DECISION if code == "no_decision" else Why.UNAVAILABLE, after, final)


def retry_after(headers: Mapping[str, str], now_ms: int) -> float:
    """Seconds that `Retry-After` asks for, as a number or as a date; 0.0 where it says nothing that can be read."""
    said = headers.get("retry-after", "").strip()
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(said).timestamp() - now_ms / 1000
        except (ValueError, OverflowError):
            return 0.0
    return min(max(seconds, 0.0), _LONGEST) if math.isfinite(seconds) else 0.0


def _code(body: bytes) -> str:
    try:
        form = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    error = form.get("error") if isinstance(form, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else ""
