"""Every PDQ hash within a radius: exact, by comparing with each one.

The interface is small on purpose: a faster index with the same answers can take this one's place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sluice.hashing import PDQ_BYTES

_WORDS = PDQ_BYTES // 8
_CHUNK = 1 << 16
"""Comparisons at a time: 2 MiB of XORed words, which stays in a core's cache."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A hash in reach: its row (place in the list that the index was built of) and its distance in bits."""

    row: int
    distance: int


class PdqIndex:
    """An immutable set of 32-byte hashes. Duplicates are kept: each has its row."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        self._words = _words(hashes)

    def __len__(self) -> int:
        return int(self._words.shape[0])

    def within(self, queries: Sequence[bytes], radius: int) -> Sequence[Neighbour]:
        """Each row whose distance to at least one query is `radius` bits or less, with the least distance to any
        of them, in order of rows. Raises ValueError for a query that is not 32 bytes long."""
        wanted = _words(queries)
        if not len(self) or not len(wanted):
            return ()
        step = max(1, _CHUNK // len(wanted))
        found: list[Neighbour] = []
        for start in range(0, len(self), step):
            nearest = self._nearest(start, start + step, wanted)
            rows = np.flatnonzero(nearest <= radius)
            found.extend(Neighbour(start + int(row), int(nearest[row])) for row in rows)
        return found

    def _nearest(self, start: int, stop: int, wanted: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint16]:
        """For each row of [start, stop), the distance to the nearest query. 256 does not fit into eight bits."""
        differing = self._words[start:stop, None, :] ^ wanted[None, :, :]
        distances = np.bitwise_count(differing).sum(axis=2, dtype=np.uint16)
        nearest: npt.NDArray[np.uint16] = distances.min(axis=1)
        return nearest


def _words(hashes: Sequence[bytes]) -> npt.NDArray[np.uint64]:
    """Shape (n, 4). The order of bytes within a word does not matter to a count of differing bits."""
    if any(len(one) != PDQ_BYTES for one in hashes):
        raise ValueError(f"a PDQ hash has {PDQ_BYTES} bytes")
    return np.frombuffer(b"".join(hashes), dtype=np.uint64).reshape(-1, _WORDS)
