"""What the gateway's database need not keep any longer, thrown away while the service runs."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.console_sessions import Sessions
from gateway.key_store import KeyStore
from gateway.requests_taken import TakenStore
from sluice.errors import RetryableError
from sluice.telemetry.logging import Log

EVERY_SECONDS: Final = 3600.0
_KEEP_COUNTS: Final = timedelta(days=62)


async def forget_old(store: KeyStore, now_ms: int) -> None:
    """Forgets counts of days that are over, requests that were taken long ago and logins that have ended.
    RetryableError where the database does not answer."""
    before = datetime.fromtimestamp(now_ms / 1000, UTC) - _KEEP_COUNTS
    await store.forget(before.strftime("%Y-%m-%d"))
    await TakenStore(store.database).forget(now_ms)
    await Sessions(store.database).forget(now_ms)


async def keep_house(store: KeyStore, log: Log, now: Callable[[], int], every: float = EVERY_SECONDS) -> None:
    """Does so again and again, until it is cancelled. `now`: milliseconds since the epoch. `every`: seconds."""
    while True:
        await asyncio.sleep(every)
        try:
            await forget_old(store, now())
        except RetryableError as error:
            log.warning("old rows are kept for now", reason=str(error))
