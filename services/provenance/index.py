"""An index of our own fingerprints, in memory: what is added is found at once, and is put in order in the background.

Hashes lie in segments that never change, each with the kit's band tables, by which every hash within 31 bits is
found. What was added last is compared one by one, until there is enough of it for a segment. A thread joins segments,
so that there are few: each is more than twice as large as the one after it. It takes about 145 bytes a hash.
"""

import threading
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from provenance.fingerprint import VARIANTS
from provenance.index_segment import Rows, Segment, joined
from sluice.hashes.engine import chosen, native
from sluice.hashes.permutation import permutation
from sluice.hashes.sections import HASH_BYTES
from sluice.hashes.steps import Steps
from sluice.hashing import PDQ_THRESHOLD

_GONE: Final = 8
"""Once a record in so many is removed, the whole is joined anew without them."""
_FRESH: Final = 8192
"""Hashes that are compared one by one at most."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that a query is near. `variant`: which of `VARIANTS`; `distance`: bits of 256; `query`: which of the
    hashes that were asked for."""

    number: int
    variant: str
    distance: int
    query: int


class FingerprintIndex:
    """Numbers of records by their hashes. Threads may share one. Call `close` when done."""

    def __init__(self, engine: str = "", fresh: int = _FRESH) -> None:
        """`engine`: see `sluice.hashes.engine.engines`. `fresh`: hashes from which on a segment is made."""
        self._engine = chosen(engine)
        self._steps = Steps(native(self._engine), permutation())
        self._fresh = fresh
        self._lock = threading.Lock()
        self._segments: tuple[Segment, ...] = ()
        self._rows = Rows.empty(fresh)
        self._count = 0
        self._removed: frozenset[int] = frozenset()
        self._gone = 0
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="fingerprints")
        self._work: Future[None] | None = None
        self._joining = False
        self._closed = False

    def __len__(self) -> int:
        """Hashes, with those of removed records that are not gone yet."""
        with self._lock:
            return self._count + sum(len(segment) for segment in self._segments)

    @property
    def state_bytes(self) -> int:
        """What the hashes and their tables take in memory."""
        with self._lock:
            return self._rows.nbytes + sum(segment.nbytes for segment in self._segments)

    def add(self, number: int, hashes: Sequence[bytes]) -> None:
        """Adds a record's hashes, in the order of `VARIANTS`; found from now on. A number is added once.

        Raises ValueError for hashes that are not 32 bytes, or more than there are variants.
        """
        if len(hashes) > len(VARIANTS) or any(len(one) != HASH_BYTES for one in hashes):
            raise ValueError(f"up to {len(VARIANTS)} hashes of {HASH_BYTES} bytes")
        if not hashes:
            return
        values = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, HASH_BYTES)
        permuted = self._steps.permute(values)
        with self._lock:
            if self._count + len(permuted) > len(self._rows):
                self._freeze()
            self._rows.put(self._count, permuted, number)
            self._count += len(permuted)

    def remove(self, numbers: Collection[int]) -> None:
        """From now on these are not found. What they take is given back when segments are joined."""
        with self._lock:
            self._removed |= frozenset(numbers)
            self._gone += len(numbers)
            self._start()

    def find(self, hashes: Sequence[bytes], radius: int = PDQ_THRESHOLD, most: int = 50) -> Sequence[Candidate]:
        """The nearest records with a hash within `radius` bits of any of these: each once, by its nearest hash, the
        nearest first. Every one is found, up to `most`. Raises ValueError for hashes that are not 32 bytes."""
        if any(len(one) != HASH_BYTES for one in hashes):
            raise ValueError(f"hashes of {HASH_BYTES} bytes")
        if not hashes:
            return ()
        queries = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, HASH_BYTES)
        with self._lock:
            segments, fresh, removed = self._segments, self._rows.first(self._count), self._removed
        if len(fresh):
            segments = (*segments, Segment(fresh, self._engine))
        best: dict[int, Candidate] = {}
        for segment in segments:
            for query, number, variant, distance in segment.near(queries, radius):
                known = best.get(number)
                if number not in removed and (known is None or distance < known.distance):
                    best[number] = Candidate(number, VARIANTS[variant], distance, query)
        return sorted(best.values(), key=lambda one: (one.distance, one.number))[:most]

    def settle(self) -> None:
        """Waits until no segments are being joined: for tests and for measuring."""
        while (work := self._work) is not None:
            work.result()
            if work is self._work:
                return

    def close(self) -> None:
        """Ends the thread."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=True)

    def _freeze(self) -> None:
        """What is fresh becomes a segment, not sorted yet: the thread does that. Called with the lock held."""
        self._segments = (*self._segments, Segment(self._rows.first(self._count), self._engine))
        self._rows, self._count = Rows.empty(self._fresh), 0
        self._start()

    def _start(self) -> None:
        """Called with the lock held. Raises what ended the thread's last work, so that it does not stay unknown."""
        if self._closed or self._joining:
            return
        if self._work is not None and self._work.done():
            self._work.result()
        self._joining = True
        self._work = self._pool.submit(self._join)

    def _join(self) -> None:
        """Joins segments until there is nothing to join."""
        done = False
        try:
            while self._join_once():
                pass
            done = True
        finally:
            if not done:
                self._joining = False

    def _join_once(self) -> bool:
        """Whether it did. What it decides on and what it ends with is one step for everybody else."""
        with self._lock:
            segments, removed = self._segments, self._removed
            first = self._first_to_join()
            if self._closed or first is None:
                self._joining = False
                return False
            if first == 0:
                self._gone = 0
        whole = joined([segment.rows for segment in segments[first:]], removed, self._steps)
        sorted_ = Segment(whole.rows, self._engine, whole.tables, sorted_=True)
        with self._lock:
            # Segments are only ever added at the end meanwhile.
            since = self._segments[len(segments) :]
            self._segments = (*segments[:first], sorted_, *since)
            if first == 0:
                newer = (self._rows.first(self._count), *(segment.rows for segment in since))
                added = {int(number) for rows in newer for number in rows.numbers.tolist()}
                self._removed = (self._removed - removed) | (self._removed & added)
        return True

    def _first_to_join(self) -> int | None:
        """From which segment on; None where all is well. Called with the lock held."""
        sizes = [len(segment) for segment in self._segments]
        if not sizes:
            return None
        if _GONE * len(VARIANTS) * self._gone > sum(sizes):
            return 0
        first = len(sizes) - 1
        while first > 0 and sizes[first - 1] <= 2 * sum(sizes[first:]):
            first -= 1
        return None if first == len(sizes) - 1 and self._segments[first].sorted else first
