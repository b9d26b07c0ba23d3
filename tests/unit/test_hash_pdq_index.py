"""The index finds exactly what comparing one by one finds."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hash_matcher.pdq_index import Neighbour, PdqIndex
from sluice.hashing import hamming

HASH = st.binary(min_size=32, max_size=32)


def flipped(one: bytes, bits: int, seed: int = 0) -> bytes:
    """`one` with that many of its bits turned over."""
    value = int.from_bytes(one, "big")
    for bit in random.Random(seed).sample(range(256), bits):
        value ^= 1 << bit
    return value.to_bytes(32, "big")


def one_by_one(hashes: list[bytes], queries: list[bytes], radius: int) -> list[Neighbour]:
    """The same answer without an index."""
    nearest = [min((hamming(one, query) for query in queries), default=257) for one in hashes]
    return [Neighbour(row, distance) for row, distance in enumerate(nearest) if distance <= radius]


@given(
    hashes=st.lists(HASH, max_size=20),
    near=st.lists(st.tuples(st.integers(0, 19), st.integers(0, 40), st.integers(0, 9)), max_size=4),
    strangers=st.lists(HASH, max_size=4),
    radius=st.integers(0, 64),
)
def test_it_finds_what_comparing_one_by_one_finds(
    hashes: list[bytes], near: list[tuple[int, int, int]], strangers: list[bytes], radius: int
) -> None:
    planted = [flipped(hashes[row % len(hashes)], bits, seed) for row, bits, seed in near] if hashes else []
    queries = planted + strangers
    assert list(PdqIndex(hashes).within(queries, radius)) == one_by_one(hashes, queries, radius)


@pytest.mark.parametrize(("distance", "found"), [(0, True), (30, True), (31, True), (32, False), (33, False)])
def test_the_radius_is_inclusive(distance: int, found: bool) -> None:
    one = random.Random(1).randbytes(32)
    assert bool(PdqIndex([flipped(one, distance)]).within([one], 31)) is found


def test_the_opposite_hash_is_256_bits_away_and_not_0() -> None:
    assert PdqIndex([bytes(32)]).within([b"\xff" * 32], 255) == []
    assert PdqIndex([bytes(32)]).within([b"\xff" * 32], 256) == [Neighbour(0, 256)]


def test_rows_beyond_one_chunk_are_compared() -> None:
    source = random.Random(2)
    hashes = [source.randbytes(32) for _ in range(20_000)]
    queries = [flipped(hashes[row], 31, row) for row in (0, 8_191, 8_192, 19_999)] + [source.randbytes(32)] * 4
    assert PdqIndex(hashes).within(queries, 31) == [Neighbour(row, 31) for row in (0, 8_191, 8_192, 19_999)]


def test_duplicates_have_a_row_each() -> None:
    one = random.Random(3).randbytes(32)
    assert PdqIndex([one, one]).within([one], 31) == [Neighbour(0, 0), Neighbour(1, 0)]


def test_an_empty_index_and_an_empty_question_find_nothing() -> None:
    assert len(PdqIndex([])) == 0
    assert not PdqIndex([]).within([bytes(32)], 256)
    assert not PdqIndex([bytes(32)]).within([], 256)


def test_a_hash_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        PdqIndex([b"short"])
    with pytest.raises(ValueError, match="32 bytes"):
        PdqIndex([bytes(32)]).within([bytes(31)], 31)
