"""Searching without the extension: the same answers, some tens of times slower."""

import numpy as np

from sluice.hashes.layout import HashFileError
from sluice.hashes.permutation import permuted
from sluice.hashes.sections import BANDS, OFFSETS, Bytes, Known, Longs, Tables, Words

REACH = 31
"""The largest distance at which bands are sure to find a neighbour: two bits for each of them, less one."""

_CHUNK = 1 << 16
"""Rows compared at a time: 2 MiB, which stays in a core's cache."""

_TURNED = np.array([0, *(1 << bit for bit in range(16))], np.uint16)
_MOST = np.array([3, *[2] * 16], np.uint8)
"""Bits in which the next band may differ, where the band itself is the query's, or differs in one bit."""


class NumpyHashes:
    """`HashEngine` in NumPy. The rule by which bands find every neighbour is told in `native/src/hash.rs`."""

    def __init__(self, hashes: Longs, tables: Tables | None, permutation: Bytes) -> None:
        self._hashes = hashes
        self._tables = tables
        self._permutation = permutation

    def search(self, queries: Bytes, radius: int) -> tuple[Words, Words, Words]:
        """As `HashEngine.search`."""
        found = [self._one(query, radius) for query in permuted(queries, self._permutation).view("<u8")]
        numbers = [np.full(len(rows), number, np.uint32) for number, (rows, _) in enumerate(found)]
        none = np.zeros(0, np.uint32)
        rows = np.concatenate([none, *(rows for rows, _ in found)])
        return np.concatenate([none, *numbers]), rows, np.concatenate([none, *(bits for _, bits in found)])

    def _one(self, query: Longs, radius: int) -> tuple[Words, Words]:
        if self._tables is not None and radius <= REACH:
            rows = self._candidates(self._tables, query.view("<u2"))
            distances = _bits(self._hashes[rows], query)
        else:
            starts = range(0, len(self._hashes), _CHUNK)
            parts = [_bits(self._hashes[start : start + _CHUNK], query) for start in starts]
            distances = np.concatenate([np.zeros(0, np.uint32), *parts])
            rows = np.arange(len(distances), dtype=np.uint32)
        near = distances <= radius
        rows, distances = rows[near], distances[near]
        order = np.lexsort((rows, distances))
        return rows[order], distances[order]

    def _candidates(self, tables: Tables, bands: Words) -> Words:
        """Rows that may be near, ascending: those that one band and the one after it do not rule out."""
        count = len(self._hashes)
        found = [np.zeros(0, np.uint32)]
        for band in range(BANDS):
            values = band * OFFSETS + (bands[band] ^ _TURNED).astype(np.int64)
            start, stop = tables.offsets[values].astype(np.int64), tables.offsets[values + 1].astype(np.int64)
            lengths = stop - start
            if (lengths < 0).any() or (stop > count).any() or lengths.sum() > count:
                raise HashFileError("buckets of a table overlap, or point outside it")
            places = np.arange(lengths.sum()) + np.repeat(start - (np.cumsum(lengths) - lengths), lengths)
            places += band * count
            next_band = tables.fingerprints[places] ^ bands[(band + 1) % BANDS]
            found.append(tables.rows[places[np.bitwise_count(next_band) <= np.repeat(_MOST, lengths)]])
        rows = np.unique(np.concatenate(found))
        if len(rows) and int(rows[-1]) >= count:
            raise HashFileError("a posting names a row that is not there")
        return rows


class NumpyDigests:
    """`DigestEngine` in NumPy."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._shift = 64 - ((len(known.directory) - 1).bit_length() - 1)

    def find(self, digest: bytes) -> list[int]:
        """As `DigestEngine.find`."""
        known, size = self._known, self._known.digests.shape[1]
        if len(digest) != size:
            raise ValueError(f"this digest has {size} bytes")
        bucket = int.from_bytes(digest[:8], "big") >> self._shift
        low, high = int(known.directory[bucket]), int(known.directory[bucket + 1])
        if low > high or high > len(known.digests):
            raise HashFileError("a directory of digests points outside them")
        end = high
        while low < high:
            middle = (low + high) // 2
            if known.digests[middle].tobytes() < digest:
                low = middle + 1
            else:
                high = middle
        while high < end and known.digests[high].tobytes() == digest:
            high += 1
        return [int(entry) for entry in known.entries[low:high]]

    def find_batch(self, wanted: Bytes) -> tuple[Words, Words]:
        """As `DigestEngine.find_batch`."""
        found = [self.find(digest.tobytes()) for digest in wanted]
        numbers = np.repeat(np.arange(len(found), dtype=np.uint32), [len(entries) for entries in found])
        return numbers, np.array([entry for entries in found for entry in entries], np.uint32)


def _bits(hashes: Longs, query: Longs) -> Words:
    bits: Words = np.bitwise_count(hashes ^ query).sum(axis=1, dtype=np.uint32)
    return bits
