"""Rows of hashes in memory, and a part of the index that never changes."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sluice.hashes.build import TABLES_FROM
from sluice.hashes.engine import hash_engine
from sluice.hashes.permutation import permutation
from sluice.hashes.sections import BANDS, HASH_BYTES, Bytes, Contents, Tables
from sluice.hashes.steps import Steps


@dataclass(frozen=True, slots=True)
class Rows:
    """`hashes`: shape (n, 32), their bits in the order of the kit's tables; `numbers`, `variants`: of each."""

    hashes: Bytes
    numbers: npt.NDArray[np.int64]
    variants: Bytes

    @classmethod
    def empty(cls, count: int) -> "Rows":
        """Room for so many."""
        return cls(np.zeros((count, HASH_BYTES), np.uint8), np.zeros(count, np.int64), np.zeros(count, np.uint8))

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def nbytes(self) -> int:
        """In memory."""
        return self.hashes.nbytes + self.numbers.nbytes + self.variants.nbytes

    def first(self, count: int) -> "Rows":
        """The same memory. Nobody writes to these rows again."""
        return Rows(self.hashes[:count], self.numbers[:count], self.variants[:count])

    def put(self, at: int, hashes: Bytes, number: int) -> None:
        """Writes the hashes of one record there, in the order of the variants."""
        end = at + len(hashes)
        self.hashes[at:end] = hashes
        self.numbers[at:end] = number
        self.variants[at:end] = np.arange(len(hashes))

    def take(self, order: npt.NDArray[np.integer]) -> "Rows":
        """These rows, in this order."""
        return Rows(self.hashes[order], self.numbers[order], self.variants[order])


class Segment:
    """Rows and what finds them."""

    def __init__(self, rows: Rows, engine: str, tables: Tables | None = None, *, sorted_: bool = False) -> None:
        self.rows = rows
        self.sorted = sorted_
        self._tables = tables
        none = np.zeros(0, np.uint8)
        words = none.astype("<u4")
        contents = Contents(
            about=b"",
            permutation=permutation(),
            hashes=rows.hashes.view("<u8").reshape(-1, HASH_BYTES // 8),
            tables=tables,
            row_offsets=words,
            row_entries=words,
            banks=none.astype("<u2"),
            qualities=none,
            id_offsets=none.astype("<u8"),
            ids=none,
            known={},
        )
        self._engine = hash_engine(contents, engine)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def nbytes(self) -> int:
        """In memory."""
        parts = (self._tables.offsets, self._tables.fingerprints, self._tables.rows) if self._tables else ()
        return self.rows.nbytes + sum(part.nbytes for part in parts)

    def near(self, queries: Bytes, radius: int) -> Iterator[tuple[int, int, int, int]]:
        """Query, number, variant, distance in bits of every row within `radius`. `queries`: shape (n, 32)."""
        query, row, distance = self._engine.search(queries, radius)
        found = (query, self.rows.numbers[row], self.rows.variants[row], distance)
        return zip(*(one.tolist() for one in found), strict=True)


@dataclass(frozen=True, slots=True)
class Joined:
    """Rows in the order of their hashes, and their tables."""

    rows: Rows
    tables: Tables | None


def joined(parts: Sequence[Rows], removed: Collection[int], steps: Steps) -> Joined:
    """All rows but those of removed records, with tables from `TABLES_FROM` hashes on."""
    rows = Rows(
        np.concatenate([part.hashes for part in parts]),
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.variants for part in parts]),
    )
    if removed:
        rows = rows.take(np.flatnonzero(~np.isin(rows.numbers, np.fromiter(removed, np.int64, len(removed)))))
    rows = rows.take(steps.order(rows.hashes))
    if len(rows) < TABLES_FROM:
        return Joined(rows, None)
    hashes = rows.hashes.view("<u8").reshape(-1, HASH_BYTES // 8)
    bands = [steps.table(hashes, band) for band in range(BANDS)]
    tables = Tables(
        np.concatenate([band.offsets for band in bands]),
        np.concatenate([band.fingerprints for band in bands]),
        np.concatenate([band.rows for band in bands]),
    )
    return Joined(rows, tables)
