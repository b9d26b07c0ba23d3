"""A moment, as people write it: so long ago, or a date."""

import re
from datetime import UTC, datetime
from typing import Final

from sluice.cli.tell import refuse

_SPAN: Final = re.compile(r"(\d{1,6})([smhdw])")
_UNIT_MS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def moment(option: str, text: str, now_ms: int) -> int:
    """Milliseconds since the epoch, at least 1. Ends the command for another form, naming the option.

    "24h": so long before now, with s, m, h, d or w. "2026-11-20" or "2026-11-20T18:00": that moment, UTC unless it
    names another zone ("+02:00").
    """
    return _moment(option, text, now_ms, -1)


def until(option: str, text: str, now_ms: int) -> int:
    """The same, of what is to come: "90d" is so long from now."""
    return _moment(option, text, now_ms, 1)


def _moment(option: str, text: str, now_ms: int, sign: int) -> int:
    found = _SPAN.fullmatch(text)
    if found is not None:
        return max(1, now_ms + sign * int(found[1]) * _UNIT_MS[found[2]])
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        refuse(f"{option} {text!r} should be a number with s, m, h, d or w, such as 24h, or a date: 2026-11-20T18:00")
    return max(1, int((at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp() * 1000))
