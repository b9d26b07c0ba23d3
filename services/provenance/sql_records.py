"""Records in a database of either kind."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from provenance import rows
from provenance.migrations import PLACES
from provenance.record import Record
from sluice.sql.database import Database
from sluice.sql.places import Key
from sluice.sql.schema import Dialect
from sluice.sql.script import Script, one

_WRITE_LOCK: Final = 0x736C7563_0002


class SqlRecords:
    """What the methods promise is told by `Records`."""

    def __init__(self, database: Database) -> None:
        """A database with the tables of `provenance.migrations`."""
        self._database = database

    async def put(self, record: Record, manifest: bytes) -> int:
        values = rows.values(record, manifest)
        return await self._database.run(_put(values, record.manifest_label, self._database.dialect))

    async def by_label(self, label: str) -> Sequence[Record]:
        return await self._records(rows.BY_LABEL, label)

    async def by_digest(self, sha256: bytes) -> Sequence[Record]:
        return await self._records(rows.BY_DIGEST, sha256, sha256)

    async def by_pixels(self, sha256: bytes) -> Sequence[Record]:
        return await self._records(rows.BY_PIXELS, sha256)

    async def by_watermark(self, watermark: bytes) -> Sequence[Record]:
        return await self._records(rows.BY_WATERMARK, watermark)

    async def by_binding(self, binding: bytes) -> Sequence[Record]:
        return await self._records(rows.BY_BINDING, binding)

    async def by_serial(self, serial: str, after: int, limit: int) -> Sequence[Record]:
        return await self._records(rows.BY_SERIAL, serial, after, limit)

    async def by_numbers(self, numbers: Sequence[int]) -> Sequence[Record]:
        if not numbers:
            return []
        return rows.in_order(await self._records(rows.by_numbers(len(numbers)), *numbers), numbers)

    async def after(self, number: int, limit: int) -> Sequence[Record]:
        return await self._records(rows.AFTER, number, limit)

    async def manifest(self, label: str) -> bytes | None:
        found = await self._database.rows(rows.MANIFEST, label)
        return bytes(found[0][0]) if found else None

    async def remove_before(self, ms: int, limit: int) -> Sequence[int]:
        return [int(row[0]) for row in await self._database.run(one(rows.REMOVE, ms, limit))]

    async def places(self, keys: Collection[Key]) -> Mapping[Key, int]:
        return await self._database.run(PLACES.places(keys))

    async def keep_places(self, places: Mapping[Key, int]) -> None:
        await self._database.run(PLACES.keep(places))

    async def ping(self) -> None:
        await self._database.rows(rows.PING)

    async def close(self) -> None:
        await self._database.close()

    async def _records(self, sql: str, *values: Any) -> list[Record]:
        return [rows.record_of(row) for row in await self._database.rows(sql, *values)]


def _put(values: Sequence[Any], label: str, dialect: Dialect) -> Script[int]:
    if dialect is Dialect.POSTGRES:
        # Numbers must appear in rising order: whoever reads on behind the last one would miss a lower one.
        yield "SELECT pg_advisory_xact_lock(?)", (_WRITE_LOCK,)
    found = (yield rows.INSERT, values) or (yield rows.NUMBER, (label,))
    return int(found[0][0])
