"""Requests that nobody waits for, noted where every replica sees them: whose each is, before it is decided.

Once it is decided the log says whose it is.
"""

from dataclasses import dataclass
from typing import Final

from sluice.sql.database import Database
from sluice.sql.script import one

KEEP_MS: Final = 24 * 3_600_000
"""After so long it is decided, or never will be."""
_PUT: Final = (
    "INSERT INTO gateway_taken (request_id, tenant, digest, taken_ms) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (request_id) DO NOTHING RETURNING request_id"
)
_GET: Final = "SELECT tenant, digest, taken_ms FROM gateway_taken WHERE request_id = ?"
_FORGET: Final = "DELETE FROM gateway_taken WHERE taken_ms < ?"


@dataclass(frozen=True, slots=True)
class Taken:
    """`digest`: of its content (see `sluice.contract.digests`). `taken_ms`: milliseconds since the epoch."""

    request_id: str
    tenant: str
    digest: bytes
    taken_ms: int


class TakenStore:
    """Every method raises RetryableError where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, taken: Taken) -> Taken:
        """Notes it. Returns what is noted under this id: another one where it was taken before."""
        values = (taken.request_id, taken.tenant, taken.digest, taken.taken_ms)
        if await self._database.run(one(_PUT, *values)):
            return taken
        return await self.get(taken.request_id) or taken

    async def get(self, request_id: str) -> Taken | None:
        """What is noted of this request."""
        rows = await self._database.rows(_GET, request_id)
        if not rows:
            return None
        tenant, digest, taken_ms = rows[0]
        return Taken(request_id, tenant, bytes(digest), taken_ms)

    async def forget(self, now_ms: int) -> None:
        """Forgets what was taken too long ago."""
        await self._database.run(one(_FORGET, now_ms - KEEP_MS))
