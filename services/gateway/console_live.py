"""The live list of decisions: its lines, and the stream that brings new ones."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

from gateway.console_timeline import spoken
from gateway.events import HEART_BEAT, opening
from gateway.follower import Follower
from gateway.follower_recent import Row
from gateway.requests_streams import rung
from sluice.moments import when

HEART_BEAT_SECONDS: Final = 15.0
LONGEST_SECONDS: Final = 600.0
"""Of a stream. The browser comes back by itself, and shows its session once more."""


def row_form(row: Row) -> dict[str, object]:
    """A line, as texts: the same for the page and for the stream."""
    return {
        "id": row.request_id,
        "at_ms": row.at_ms,
        "at": when(row.at_ms),
        "time": when(row.at_ms)[11:19],
        "action": row.action or "NOT DECIDED",
        "took": "" if row.took_ms is None else spoken(row.took_ms),
        "stage": row.stage.lower() + (" (bulk)" if row.bulk else ""),
        "rules": ", ".join(row.rules),
        "labels": ", ".join(row.labels),
        "note": ", ".join(_notes(row)),
    }


def _notes(row: Row) -> list[str]:
    return [*(["incident"] if row.incident else []), *([] if row.complete else ["incomplete"])]


async def live_rows(
    follower: Follower, tenant: str, since_ms: int, stopping: asyncio.Event, seconds: float = LONGEST_SECONDS
) -> AsyncIterator[bytes]:
    """A tenant's new decisions as server-sent events, oldest first. `since_ms`: of the newest line that is shown."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    sent: set[tuple[int, int]] = set()
    yield opening()
    with follower.heard_tenant(tenant) as bell:
        while loop.time() < end and not stopping.is_set():
            bell.clear()
            fresh = [row for row in follower.newest(tenant) if row.at_ms >= since_ms and row.place not in sent]
            for row in reversed(fresh):
                sent.add(row.place)
                yield f"id: {row.at_ms}\nevent: decided\ndata: {json.dumps(row_form(row))}\n\n".encode()
            if not fresh and not await rung((bell, stopping), HEART_BEAT_SECONDS):
                yield HEART_BEAT
            sent &= {row.place for row in follower.newest(tenant)}
