"""The index of fingerprints: every neighbour is found, at once, whatever was joined or removed meanwhile."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.fingerprint import VARIANTS
from provenance.index import Candidate, FingerprintIndex
from sluice.hashes.engine import engines
from sluice.hashing import hamming


@pytest.fixture
def index() -> Iterator[FingerprintIndex]:
    found = FingerprintIndex(fresh=16)
    yield found
    found.close()


def _near(source: np.random.Generator, value: bytes, bits: int) -> bytes:
    flipped = np.unpackbits(np.frombuffer(value, np.uint8))
    flipped[source.choice(256, bits, replace=False)] ^= 1
    return np.packbits(flipped).tobytes()


def _brute(known: Mapping[int, Sequence[bytes]], queries: Sequence[bytes], radius: int) -> dict[int, int]:
    nearest = {number: min(hamming(a, b) for a in hashes for b in queries) for number, hashes in known.items()}
    return {number: bits for number, bits in nearest.items() if bits <= radius}


def _distances(found: Sequence[Candidate]) -> dict[int, int]:
    return {one.number: one.distance for one in found}


@pytest.mark.parametrize("engine", engines())
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    counts=st.lists(st.integers(1, len(VARIANTS)), min_size=1, max_size=60),
    radius=st.sampled_from([0, 15, 31, 40]),
    gone=st.sets(st.integers(1, 60), max_size=40),
    settled=st.booleans(),
)
def test_what_is_found_is_what_comparing_with_every_hash_finds(
    engine: str, seed: int, counts: list[int], radius: int, gone: set[int], settled: bool
) -> None:
    source = np.random.default_rng(seed)
    known = {number: [source.bytes(32) for _ in range(count)] for number, count in enumerate(counts, 1)}
    some = [hashes[0] for hashes in known.values()][:6]
    apart = zip((0, 7, 30, 31, 32, 40), some, strict=False)
    queries = [source.bytes(32), *(_near(source, one, bits) for bits, one in apart)]
    index = FingerprintIndex(engine, fresh=16)
    try:
        for number, hashes in known.items():
            index.add(number, hashes)
        index.remove(gone)
        if settled:
            index.settle()
        kept = {number: hashes for number, hashes in known.items() if number not in gone}
        assert _distances(index.find(queries, radius, most=1000)) == _brute(kept, queries, radius)
    finally:
        index.close()


def test_large_segments_have_tables_and_still_find_everything() -> None:
    source = np.random.default_rng(3)
    hashes = {number: [source.bytes(32) for _ in VARIANTS] for number in range(1, 2001)}
    index = FingerprintIndex(fresh=512)
    try:
        for number, values in hashes.items():
            index.add(number, values)
        index.settle()
        for number in range(1, 2001, 97):
            (found,) = index.find([_near(source, hashes[number][number % 7], 31)])
            assert (found.number, found.distance, found.variant) == (number, 31, VARIANTS[number % 7])
        assert index.state_bytes / len(index) < 200 + 16 * 65537 * 4 * 2 / len(index)
    finally:
        index.close()


def test_an_added_hash_is_found_at_once(index: FingerprintIndex) -> None:
    for number in range(1, 200):
        value = number.to_bytes(32, "big")
        index.add(number, [value])
        assert index.find([value], radius=0)[0].number == number


def test_candidates_come_once_each_and_the_nearest_first(index: FingerprintIndex) -> None:
    near, far = bytes(32), bytes(31) + b"\x0f"
    index.add(7, [far, near])
    index.add(8, [far])
    assert index.find([bytes([255] * 32), bytes(32)]) == [
        Candidate(7, "mirror", 0, query=1),
        Candidate(8, "original", 4, query=1),
    ]
    assert [one.number for one in index.find([bytes(32)], most=1)] == [7]


def test_removed_records_leave_the_memory(index: FingerprintIndex) -> None:
    source = np.random.default_rng(5)
    for number in range(1, 101):
        index.add(number, [source.bytes(32)])
    index.settle()
    before = len(index)
    index.remove(range(1, 91))
    index.settle()
    assert len(index) < before / 4
    assert index.find([source.bytes(32)], radius=256, most=1000)[-1].number > 90


def test_what_is_no_hash_is_refused(index: FingerprintIndex) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        index.add(1, [b"short"])
    with pytest.raises(ValueError, match="32 bytes"):
        index.find([b"short"])
    with pytest.raises(ValueError, match="up to"):
        index.add(1, [bytes(32)] * (len(VARIANTS) + 1))
