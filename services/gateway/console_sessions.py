"""Who is logged in to the console: kept where every replica sees it. A cookie is not a key, and ends with its key."""

import hashlib
import secrets
from typing import Final

from sluice.sql.database import Database
from sluice.sql.script import one

LIFE_MS: Final = 8 * 3_600_000
_PUT: Final = "INSERT INTO gateway_sessions (digest, key_digest, expires_ms) VALUES (?, ?, ?)"
_GET: Final = "SELECT key_digest, expires_ms FROM gateway_sessions WHERE digest = ?"
_END: Final = "DELETE FROM gateway_sessions WHERE digest = ?"
_FORGET: Final = "DELETE FROM gateway_sessions WHERE expires_ms <= ?"


class Sessions:
    """Times are milliseconds since the epoch. RetryableError where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, key_digest: bytes, now_ms: int) -> str:
        """A new session of whoever showed this key; what the cookie holds. Only its SHA-256 is kept."""
        cookie = secrets.token_urlsafe(32)
        await self._database.run(one(_PUT, _digest(cookie), key_digest, now_ms + LIFE_MS))
        return cookie

    async def key_of(self, cookie: str, now_ms: int) -> bytes | None:
        """The digest of the session's key; None where there is no such session (any more)."""
        rows = await self._database.rows(_GET, _digest(cookie))
        if not rows or now_ms >= int(rows[0][1]):
            return None
        return bytes(rows[0][0])

    async def end(self, cookie: str) -> None:
        """It is over; there need not be one."""
        await self._database.run(one(_END, _digest(cookie)))

    async def forget(self, now_ms: int) -> None:
        """Forgets those that are over."""
        await self._database.run(one(_FORGET, now_ms))


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode(errors="replace")).digest()
