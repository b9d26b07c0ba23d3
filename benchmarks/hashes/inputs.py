"""Random hashes in runs, and queries of which half are near a stored one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sluice.hashes.entries import Column, Entries
from sluice.hashes.sections import Bytes

ROOT = Path(__file__).resolve().parents[2]
RUN = 1 << 16
"""Entries handed to the builder at a time."""
FARTHEST = 40
"""Bits. Planted queries are 0 to this far from a stored hash: some within 31 bits, some not."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """`size` random hashes of 256 bits, never held in memory at once: each run is made anew when it is asked for."""

    size: int
    seed: int = 1

    def runs(self) -> Iterator[Bytes]:
        """Shape (n, 32) each."""
        for start in range(0, self.size, RUN):
            source = np.random.default_rng([self.seed, start])
            yield np.frombuffer(source.bytes(32 * min(RUN, self.size - start)), np.uint8).reshape(-1, 32)

    def entries(self) -> Iterator[Entries]:
        """The same as entries of one bank, called by their numbers in ten digits."""
        start = 0
        for hashes in self.runs():
            digits = (np.arange(start, start + len(hashes))[:, None] // 10 ** np.arange(9, -1, -1)) % 10
            ids = np.ascontiguousarray(digits + ord("0"), np.uint8).view("S10").reshape(-1)
            yield Entries(ids, 0, Column.of_all(hashes))
            start += len(hashes)

    def queries(self, count: int) -> Bytes:
        """Every second one is near a stored hash, at 0, 1, ... `FARTHEST` bits in turn; the others are strangers."""
        source = np.random.default_rng([self.seed, 1 << 40])
        queries = np.frombuffer(source.bytes(32 * count), np.uint8).reshape(-1, 32).copy()
        known = next(self.runs())
        for number in range(0, count, 2):
            bits = np.unpackbits(known[int(source.integers(len(known)))])
            bits[source.choice(256, number // 2 % (FARTHEST + 1), replace=False)] ^= 1
            queries[number] = np.packbits(bits)
        return queries
