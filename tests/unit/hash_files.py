"""Known hashes for tests: made at random, with neighbours at chosen distances, and searched one by one."""

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from sluice.hashes.build import build
from sluice.hashes.entries import Column, Entries
from sluice.hashes.sections import Bytes
from sluice.hashes.snapshot import Matches, Snapshot
from sluice.hashing import hamming

Found = list[tuple[int, bytes, int]]
"""Number of the query, hash, distance; sorted."""


def random_hashes(count: int, seed: int = 1) -> list[bytes]:
    """As random as lists of pictures that have nothing to do with each other."""
    source = random.Random(seed)
    return [source.randbytes(32) for _ in range(count)]


def turned(one: bytes, bits: int, seed: int = 0) -> bytes:
    """`one` with that many of its bits turned over."""
    value = int.from_bytes(one, "big")
    for bit in random.Random(seed).sample(range(256), bits):
        value ^= 1 << bit
    return value.to_bytes(32, "big")


def array(hashes: Iterable[bytes], size: int = 32) -> Bytes:
    """Shape (n, size)."""
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, size)


def entries(hashes: Sequence[bytes]) -> Entries:
    """An entry for each hash, called by its number."""
    return Entries([str(number) for number in range(len(hashes))], 0, Column.of_all(array(hashes)))


def opened(path: Path, hashes: Sequence[bytes], engine: str, tables: bool = True) -> Snapshot:
    """A file of these hashes, built and searched by one engine."""
    build(path, [entries(hashes)], tables=tables, engine=engine)
    return Snapshot.open(path, engine)


def found(snapshot: Snapshot, matches: Matches) -> Found:
    """Matches by the hashes that were found."""
    columns = zip(matches.query.tolist(), matches.row.tolist(), matches.distance.tolist(), strict=True)
    return sorted((query, snapshot.pdq(row), distance) for query, row, distance in columns)


def one_by_one(hashes: Iterable[bytes], queries: Sequence[bytes], radius: int) -> Found:
    """The same answer without an index."""
    pairs = ((number, one, hamming(one, query)) for number, query in enumerate(queries) for one in set(hashes))
    return sorted(pair for pair in pairs if pair[2] <= radius)
