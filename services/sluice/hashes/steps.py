"""The heavy steps of building, by the extension or by NumPy, with the same results."""

from types import ModuleType

import numpy as np

from sluice.hashes.native_search import flat
from sluice.hashes.permutation import permuted
from sluice.hashes.sections import BANDS, HASH_BYTES, OFFSETS, Bytes, Longs, Tables, Words


class Steps:
    """`extension`: `sluice._native`, or None for NumPy."""

    def __init__(self, extension: ModuleType | None, permutation: Bytes) -> None:
        self._extension = extension
        self._permutation = permutation

    def permute(self, hashes: Bytes) -> Bytes:
        """Hashes with their bits in the file's order; shape (n, 32) in and out."""
        if self._extension is None:
            return permuted(hashes, self._permutation)
        out = np.empty((len(hashes), HASH_BYTES), np.uint8)
        self._extension.permute(np.ascontiguousarray(hashes), self._permutation, out)
        return out

    def order(self, digests: Bytes) -> Words:
        """Numbers of the digests, shape (n, bytes), in the order of their bytes; equal ones keep theirs."""
        if self._extension is None:
            if not len(digests):
                return np.zeros(0, np.uint32)
            cells = np.ascontiguousarray(digests).view(f"S{digests.shape[1]}").reshape(-1)
            return np.argsort(cells, kind="stable").astype("<u4")
        out = np.empty(len(digests), "<u4")
        self._extension.order(np.ascontiguousarray(digests), digests.shape[1], flat(out))
        return out

    def table(self, rows: Longs, band: int) -> Tables:
        """One band's table of the permuted hashes `rows`, shape (n, 4)."""
        if self._extension is not None:
            out = Tables(np.empty(OFFSETS, "<u4"), np.empty(len(rows), "<u2"), np.empty(len(rows), "<u4"))
            views = (flat(out.offsets), flat(out.fingerprints), flat(out.rows))
            self._extension.fill_band(flat(rows), band, *views)
            return out
        words = rows.view("<u2").reshape(-1, BANDS)
        numbers = np.argsort(words[:, band], kind="stable").astype("<u4")
        counts = np.bincount(words[:, band], minlength=OFFSETS - 1)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype("<u4")
        return Tables(offsets, words[numbers, (band + 1) % BANDS], numbers)
