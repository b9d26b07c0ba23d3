"""Entries in memory, searched like a file of them. Never changes."""

from collections.abc import Iterable, Sequence

import numpy as np

from sluice.hashes.build import TABLES_FROM
from sluice.hashes.change import Key
from sluice.hashes.engine import chosen, hash_engine, native
from sluice.hashes.entries import Column, Entries
from sluice.hashes.gather import Gathered
from sluice.hashes.listed import Listed
from sluice.hashes.permutation import permutation
from sluice.hashes.sections import BANDS, HASH_BYTES, Bytes, Contents, Tables
from sluice.hashes.steps import Steps

Member = tuple[str, Listed]
"""An entry and the name of its bank."""


class Segment:
    """A few entries of any banks."""

    def __init__(self, members: Sequence[Member], engine: str = "") -> None:
        """`engine`: see `engine.engines`. PDQ hashes of too low a quality are not searched."""
        self.members = tuple(members)
        self._exact: dict[tuple[str, bytes], list[int]] = {}
        for number, (_, listed) in enumerate(self.members):
            for kind, digest in listed.exact.items():
                self._exact.setdefault((kind, digest), []).append(number)
        contents = _contents([listed for _, listed in self.members], engine)
        self._offsets, self._entries = contents.row_offsets, contents.row_entries
        self._hashes = hash_engine(contents, chosen(engine))

    def __len__(self) -> int:
        return len(self.members)

    def near(self, queries: Bytes, radius: int) -> Iterable[tuple[int, Member, int]]:
        """Number of the query, entry, distance in bits: as `Snapshot.match_batch`."""
        for query, row, distance in zip(
            *(found.tolist() for found in self._hashes.search(queries, radius)), strict=True
        ):
            for number in self._entries[self._offsets[row] : self._offsets[row + 1]].tolist():
                yield query, self.members[number], distance

    def same(self, kind: str, digest: bytes) -> Iterable[Member]:
        """Entries with this exact digest."""
        return (self.members[number] for number in self._exact.get((kind, digest), ()))


def key_of(member: Member) -> Key:
    """What tells an entry from all others."""
    return member[0], member[1].id


def _contents(listed: Sequence[Listed], engine: str) -> Contents:
    order = permutation()
    steps = Steps(native(chosen(engine)), order)
    gathered = Gathered(steps)
    hashed = [number for number, one in enumerate(listed) if one.pdq and not one.plain]
    values = np.frombuffer(b"".join(listed[number].pdq for number in hashed), np.uint8).reshape(-1, HASH_BYTES)
    gathered.add(Entries([one.id for one in listed], 0, Column(np.array(hashed, np.uint32), values)))
    rows, offsets, entries = gathered.hashes()
    tables = None
    if len(rows) >= TABLES_FROM:
        parts = [steps.table(rows, band) for band in range(BANDS)]
        tables = Tables(
            np.concatenate([part.offsets for part in parts]),
            np.concatenate([part.fingerprints for part in parts]),
            np.concatenate([part.rows for part in parts]),
        )
    none = np.zeros(0, np.uint8)
    return Contents(
        about=b"",
        permutation=order,
        hashes=rows,
        tables=tables,
        row_offsets=offsets,
        row_entries=entries,
        banks=none.astype("<u2"),
        qualities=none,
        id_offsets=none.astype("<u8"),
        ids=none,
        known={},
    )
