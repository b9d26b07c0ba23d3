"""Exact digests: what one look-up costs."""

import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks.hashes.inputs import Inputs
from sluice.hashes.build import build
from sluice.hashes.entries import Column, Entries
from sluice.hashes.snapshot import Snapshot

KIND, BYTES = "md5", 16
ASKED = 20_000


def exact_ns(inputs: Inputs, path: Path) -> tuple[float, float]:
    """CPU nanoseconds of a look-up among as many digests, alone and in a batch: medians of five rounds. Half of the
    digests asked for are there. Raises RuntimeError where one is missed."""
    empty = np.full(1, b"", "S1")
    runs = (Entries(empty.repeat(len(one)), known={KIND: Column.of_all(one[:, :BYTES])}) for one in inputs.runs())
    build(path, runs)
    snapshot = Snapshot.open(path)
    known = next(inputs.runs())[:ASKED:2, :BYTES]
    asked = np.ascontiguousarray(np.concatenate([known, np.roll(known, 1, axis=1)]))
    asked = asked[np.random.default_rng(1).permutation(len(asked))]
    singles = [one.tobytes() for one in asked]
    alone, batched = [], []
    for _ in range(5):
        start = time.thread_time_ns()
        found = sum(len(snapshot.known(KIND, one)) for one in singles)
        alone.append((time.thread_time_ns() - start) / len(singles))
        start = time.thread_time_ns()
        numbers, _ = snapshot.known_batch(KIND, asked)
        batched.append((time.thread_time_ns() - start) / len(asked))
        if not found == len(numbers) == len(known):
            raise RuntimeError("a digest was missed, or made up")
    return statistics.median(alone), statistics.median(batched)
