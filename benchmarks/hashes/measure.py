"""CPU time of a search by each side, side after side in every round, on one thread."""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.hashes.sides import BRUTE, COPIED, FLAT, MULTI_HASH, OURS, Pairs, Side
from sluice.hashes.sections import Bytes
from sluice.hashes.snapshot import Snapshot

BATCH = 64
"""Queries in a call: what the check takes at most."""
BATCHES = {OURS: 32, COPIED: 32, MULTI_HASH: 1, FLAT: 1, BRUTE: 2}
"""A round: as many as take some tens of milliseconds or more."""
SINGLES = {OURS: 500, COPIED: 500, MULTI_HASH: 20, FLAT: 10, BRUTE: 20}
"""Queries alone, in a round."""


@dataclass
class Measured:
    """A side. CPU microseconds per query: of each round in batches, and of every query that was alone."""

    batched: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)

    @property
    def usual(self) -> float:
        """In batches, the median of the rounds."""
        return statistics.median(self.batched)

    def alone_at(self, share: float) -> float:
        """A percentile of those alone."""
        return float(np.percentile(self.alone, share))


def measure(sides: Mapping[str, Side], queries: Bytes, rounds: int) -> dict[str, Measured]:
    """Every side, `rounds` times after one to warm up. The clock of the thread: a busy machine disturbs it less."""
    found = {name: Measured() for name in sides}
    for turn in range(rounds + 1):
        for name, side in sides.items():
            batches = [queries[at : at + BATCH] for at in range(0, BATCH * BATCHES[name], BATCH)]
            start = time.thread_time_ns()
            for batch in batches:
                side.search(batch)
            batched = (time.thread_time_ns() - start) / 1000 / sum(map(len, batches))
            alone = []
            for number in range(SINGLES[name]):
                one = queries[number : number + 1]
                start = time.thread_time_ns()
                side.search(one)
                alone.append((time.thread_time_ns() - start) / 1000)
            if turn:
                found[name].batched.append(batched)
                found[name].alone += alone
    return found


def ratio(side: Measured, ours: Measured) -> float:
    """How many times ours a side takes, in batches: the median of the rounds' ratios."""
    return statistics.median(a / b for a, b in zip(side.batched, ours.batched, strict=True))


def recall(side: Side, truth: Pairs, queries: Bytes) -> tuple[float, int]:
    """The share of the true pairs that a side finds, and how many it makes up."""
    found = side.pairs(queries)
    wanted = {pair for pair in truth if pair[0] < len(queries)}
    return len(found & wanted) / max(1, len(wanted)), len(found - wanted)


def open_ms(path: Path, times: int = 15) -> tuple[float, float]:
    """Opening a file, by the clock and by the thread's: medians."""
    clock, cpu = [], []
    for _ in range(times):
        start, thread = time.perf_counter_ns(), time.thread_time_ns()
        Snapshot.open(path).close()
        cpu.append((time.thread_time_ns() - thread) / 1e6)
        clock.append((time.perf_counter_ns() - start) / 1e6)
    return statistics.median(clock), statistics.median(cpu)
