"""Keys in a database, SQLite or PostgreSQL, and how much was asked with each of them."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Final, Self

from gateway import key_rows
from gateway.keys import Key
from gateway.scopes import Limits
from sluice.sql.database import Database, open_database
from sluice.sql.script import one

_CONNECTIONS: Final = 8


class KeyStore:
    """Every method raises RetryableError where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def database(self) -> Database:
        """Where they are; others of this service keep things beside them."""
        return self._database

    @classmethod
    async def open(cls, where: str) -> Self:
        """Opens it and brings its tables up to date. `where`: a path, or `postgresql://...`. RetryableError,
        NotReadyError."""
        return cls(await open_database(where, key_rows.SCHEMA, _CONNECTIONS))

    async def add(self, key: Key) -> bool:
        """Keeps a key. False where one of this digest is there already, good or not: that one stays as it is."""
        return bool(await self._database.run(one(key_rows.ADD, *key_rows.values_of(key))))

    async def find(self, digest: bytes) -> Key | None:
        """The key of this digest, good or not."""
        found = await self._database.rows(key_rows.BY_DIGEST, digest)
        return key_rows.key_of(found[0]) if found else None

    async def all(self) -> Sequence[Key]:
        """Every key, the oldest first."""
        return [key_rows.key_of(row) for row in await self._database.rows(key_rows.ALL)]

    async def revoke(self, key_id: str, now_ms: int) -> bool:
        """Makes a key good for nothing. False where there is none of this id that is good for something."""
        return bool(await self._database.run(one(key_rows.REVOKE, now_ms, key_id)))

    async def revoke_others(self, name: str, digest: bytes, now_ms: int) -> Sequence[str]:
        """Makes every key of this name good for nothing, but the one of this digest. Ids of those that were good."""
        rows = await self._database.run(one(key_rows.REVOKE_OTHERS, now_ms, name, digest))
        return [row[0] for row in rows]

    async def secret(self, name: str) -> bytes:
        """32 random bytes of this name: made once, the same for every replica for good."""
        await self._database.run(one(key_rows.PUT_ONCE, name, secrets.token_bytes(32)))
        rows = await self._database.rows(key_rows.KEPT, name)
        return bytes(rows[0][0])

    async def spend(self, key_id: str, count: int, day: str, limits: Limits) -> str | None:
        """See `usage.Counts`."""
        try:
            await self._database.run(key_rows.spend(key_id, count, day, limits))
        except key_rows.PassedError as error:
            return error.period
        return None

    async def used(self, key_id: str, day: str) -> None:
        """See `usage.Counts`."""
        await self._database.run(one(key_rows.USED, day, key_id, day))

    async def spent(self, key_id: str, day: str) -> Mapping[str, int]:
        """Requests of that day ("2026-11-30") and of its month ("2026-11"), where any were counted."""
        rows = await self._database.rows(key_rows.SPENT, key_id, day, day[:7])
        return {period: int(spent) for period, spent in rows}

    async def forget(self, before: str) -> None:
        """Forgets the counts of days and months before this one, "2026-11-30"."""
        await self._database.run(one(key_rows.FORGET, before))

    async def ping(self) -> None:
        """Returns where the database answers."""
        await self._database.rows(key_rows.PING)

    async def close(self) -> None:
        """Lets go of the database."""
        await self._database.close()
