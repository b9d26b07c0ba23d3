"""Those who search: ours, ours without tables, and faiss's two indexes that find everything."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import faiss
import numpy as np

from benchmarks.hashes.inputs import Inputs
from sluice.hashes.build import build
from sluice.hashes.engine import HashEngine, hash_engine
from sluice.hashes.layout import decode
from sluice.hashes.mapped import mapped
from sluice.hashes.sections import Bytes, Words, read
from sluice.hashes.snapshot import Snapshot
from sluice.hashing import PDQ_THRESHOLD

OURS, COPIED, BRUTE = "ours", "ours, file in memory", "ours, every hash"
MULTI_HASH, FLAT = "faiss MultiHash", "faiss Flat"

Pairs = set[tuple[int, int, int]]
"""Number of the query, number of the hash, distance."""


class Side(Protocol):
    """Finds every hash within 31 bits."""

    def search(self, queries: Bytes) -> object:
        """Shape (n, 32)."""

    def pairs(self, queries: Bytes) -> Pairs:
        """The answer in a form that all sides share."""


@dataclass(frozen=True, slots=True)
class Made:
    """A side, and what making it took. `bytes_per_hash`: of the file, or what the process grew by."""

    side: Side
    cpu_seconds: float
    bytes_per_hash: float


class Ours:
    """Over a file, by one of the engines."""

    def __init__(self, snapshot: Snapshot, engine: HashEngine) -> None:
        self._snapshot = snapshot
        self._engine = engine

    def search(self, queries: Bytes) -> tuple[Words, Words, Words]:
        """As a service asks, without the look-up of entries."""
        return self._engine.search(queries, PDQ_THRESHOLD)

    def pairs(self, queries: Bytes) -> Pairs:
        """By the numbers of the entries."""
        number, rows, distances = (column.tolist() for column in self.search(queries))
        entries = [int(self._snapshot.entries_of(row)[0]) for row in rows]
        return set(zip(number, entries, distances, strict=True))


class Faiss:
    """Over one of faiss's binary indexes. Its radius is exclusive."""

    def __init__(self, index: Any, inner: Any) -> None:
        self._index = index
        # A map does not own what it wraps.
        self._inner = inner

    def search(self, queries: Bytes) -> tuple[Any, Any, Any]:
        """Limits of each query's answers, distances, numbers."""
        limits, distances, numbers = self._index.range_search(queries, PDQ_THRESHOLD + 1)
        return limits, distances, numbers

    def pairs(self, queries: Bytes) -> Pairs:
        """By the numbers of the hashes."""
        limits, distances, numbers = self.search(queries)
        asked = np.repeat(np.arange(len(queries)), np.diff(limits.astype(np.int64)))
        return set(zip(asked.tolist(), numbers.tolist(), distances.astype(int).tolist(), strict=True))


def make_ours(inputs: Inputs, path: Path, threads: int, copied: bool = True) -> dict[str, Made]:
    """Builds the file; ours over it mapped and, unless not `copied`, read into memory, and over the same hashes
    without their tables."""
    made_inputs = _cpu(lambda: [None for _ in inputs.entries()])
    cpu = _cpu(lambda: build(path, inputs.entries(), threads=threads))
    snapshot = Snapshot.open(path)
    data = mapped(path)
    contents = last = read(data, decode(data))
    each = snapshot.stats().bytes_per_hash
    engines = {OURS: (contents, cpu - made_inputs, each)}
    if copied:
        data = mapped(path, copied=True)
        last = read(data, decode(data))
        engines[COPIED] = (last, 0.0, each)
    engines[BRUTE] = (replace(last, tables=None), 0.0, 32.0)
    return {
        name: Made(Ours(snapshot, hash_engine(one, snapshot.engine)), seconds, bytes_)
        for name, (one, seconds, bytes_) in engines.items()
    }


def make_multi_hash(inputs: Inputs) -> Made:
    """As python-threatexchange makes it for a threshold of 31: sixteen bands of sixteen bits, one of them turned."""
    inner = faiss.IndexBinaryMultiHash(256, 16, 16)
    inner.nflip = PDQ_THRESHOLD // 16
    return _filled(faiss.IndexBinaryIDMap2(inner), inner, inputs)


def make_flat(inputs: Inputs) -> Made:
    """Every hash is compared."""
    inner = faiss.IndexBinaryFlat(256)
    return _filled(inner, inner, inputs)


def _filled(index: Any, inner: Any, inputs: Inputs) -> Made:
    def fill() -> None:
        start = 0
        for hashes in inputs.runs():
            if index is inner:
                index.add(hashes)
            else:
                index.add_with_ids(hashes, np.arange(start, start + len(hashes)))
            start += len(hashes)

    made_inputs = _cpu(lambda: [None for _ in inputs.runs()])
    before = _resident()
    cpu = _cpu(fill)
    return Made(Faiss(index, inner), cpu - made_inputs, (_resident() - before) / inputs.size)


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()
