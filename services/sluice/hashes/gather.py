"""Collecting runs of entries, and sorting what was collected."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sluice.hashes.entries import UNKNOWN, Column, Entries
from sluice.hashes.sections import DIGEST_BYTES, HASH_BYTES, MOST, Bytes, Known, Longs, Shorts, Words
from sluice.hashes.steps import Steps
from sluice.hashing import PDQ_MIN_QUALITY


@dataclass(slots=True)
class _Digests:
    """Of one kind, as they came, with the numbers of their entries."""

    values: list[Bytes] = field(default_factory=list)
    entries: list[Words] = field(default_factory=list)

    def add(self, column: Column, first: int) -> None:
        self.values.append(column.values)
        self.entries.append(column.entries + np.uint32(first))

    def take(self, size: int) -> tuple[Bytes, Words]:
        """All of them; nothing is kept here."""
        values = np.concatenate([np.zeros((0, size), np.uint8), *self.values])
        self.values.clear()
        entries = np.concatenate([np.zeros(0, "<u4"), *self.entries])
        self.entries.clear()
        return values, entries


class Gathered:
    """Entries in the order in which they came. Each part can be taken once, which frees its memory."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._hashes = _Digests()
        self._known = {kind: _Digests() for kind in DIGEST_BYTES}
        self._banks: list[Shorts] = []
        self._qualities: list[Bytes] = []
        self._ids: list[Bytes] = []
        self._id_lengths: list[Longs] = []
        self.entries = 0
        self.refused = 0
        """PDQ hashes of too low a quality: they match strangers, and are left out."""

    def add(self, run: Entries) -> None:
        """Raises ValueError where there are more entries than can be numbered."""
        if self.entries + len(run) > MOST:
            raise ValueError(f"more than {MOST} entries")
        ids, lengths = run.packed_ids()
        self._ids.append(ids)
        self._id_lengths.append(lengths)
        self._banks.append(run.bank_numbers())
        qualities = np.full(len(run), UNKNOWN, np.uint8)
        if run.pdq is not None:
            column = run.pdq
            given = run.qualities if run.qualities is not None else np.full(len(column.entries), UNKNOWN, np.uint8)
            good = given >= PDQ_MIN_QUALITY
            self.refused += int(np.count_nonzero(~good))
            if not good.all():
                column, given = Column(column.entries[good], column.values[good]), given[good]
            qualities[column.entries] = given
            self._hashes.add(Column(column.entries, self._steps.permute(column.values)), self.entries)
        self._qualities.append(qualities)
        for kind, column in run.known.items():
            self._known[kind].add(column, self.entries)
        self.entries += len(run)

    def hashes(self) -> tuple[Longs, Words, Words]:
        """Unique hashes, sorted; where each one's entries begin, and the end; the entries."""
        values, entries = self._hashes.take(HASH_BYTES)
        order = self._steps.order(values)
        rows = np.take(values.view("<u8"), order, axis=0)
        del values
        # Few are alike in their first word: only those are compared whole.
        alike = np.flatnonzero(rows[1:, 0] == rows[:-1, 0])
        alike = alike[(rows[alike] == rows[alike + 1]).all(axis=1)] + 1
        first = np.ones(len(rows), np.bool_)
        first[alike] = False
        offsets = np.append(np.flatnonzero(first), len(rows)).astype("<u4")
        return rows if first.all() else rows[first], offsets, entries[order]

    def known(self, kind: str) -> Known:
        """Exact digests of one kind, sorted, behind a directory with about as many places as there are digests."""
        values, entries = self._known[kind].take(DIGEST_BYTES[kind])
        order = self._steps.order(values)
        digests = np.take(values, order, axis=0)
        bits = max(0, len(digests) - 1).bit_length()
        leading = np.ascontiguousarray(digests[:, :4]).view(">u4").reshape(-1).astype(np.int64) >> (32 - bits)
        counts = np.bincount(leading, minlength=1 << bits)
        directory = np.concatenate([[0], np.cumsum(counts)]).astype("<u4")
        return Known(digests, entries[order], directory)

    def about_entries(self) -> dict[str, npt.NDArray[Any]]:
        """Section -> values of those that tell what an entry is."""
        lengths = np.concatenate([np.zeros(1, "<u8"), *self._id_lengths])
        found = {
            "entry-banks": np.concatenate([np.zeros(0, "<u2"), *self._banks]),
            "entry-qualities": np.concatenate([np.zeros(0, np.uint8), *self._qualities]),
            "entry-id-offsets": np.cumsum(lengths, dtype="<u8"),
            "entry-ids": np.concatenate([np.zeros(0, np.uint8), *self._ids]),
        }
        for parts in (self._banks, self._qualities, self._ids, self._id_lengths):
            parts.clear()
        return found
