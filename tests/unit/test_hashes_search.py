"""Every engine finds exactly what comparing one by one finds, with tables and without."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.hashes.engine import engines
from tests.unit.hash_files import array, found, one_by_one, opened, random_hashes, turned

RADII = (0, 1, 15, 30, 31, 32, 64, 256)
HASH = st.binary(min_size=32, max_size=32) | st.sampled_from([bytes(32), b"\xff" * 32, b"\x01" + bytes(31)])
PLANTED = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 40), st.integers(0, 99)), max_size=8)

every_engine = pytest.mark.parametrize("engine", engines())


@every_engine
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hashes=st.lists(HASH, max_size=30),
    planted=PLANTED,
    strangers=st.lists(HASH, max_size=3),
    radius=st.integers(0, 64) | st.just(256),
    tables=st.booleans(),
)
def test_any_hashes_any_queries_any_radius(
    engine: str,
    hashes: list[bytes],
    planted: list[tuple[int, int, int]],
    strangers: list[bytes],
    radius: int,
    tables: bool,
    tmp_path: Path,
) -> None:
    queries = [turned(hashes[row % len(hashes)], bits, seed) for row, bits, seed in planted] if hashes else []
    queries += strangers
    snapshot = opened(tmp_path / "hashes", hashes, engine, tables)
    assert found(snapshot, snapshot.match_batch(array(queries), radius)) == one_by_one(hashes, queries, radius)


@every_engine
def test_planted_neighbours_at_every_distance_among_thousands(engine: str, tmp_path: Path) -> None:
    hashes = random_hashes(3_000)
    queries = [turned(hashes[bits * 70 + 1], bits, bits) for bits in range(41)]
    snapshot = opened(tmp_path / "hashes", hashes, engine)
    for radius in RADII[:-1]:
        assert found(snapshot, snapshot.match_batch(array(queries), radius)) == one_by_one(hashes, queries, radius)


@every_engine
def test_a_crowd_around_one_hash(engine: str, tmp_path: Path) -> None:
    """Nearly every band of nearly every hash has the same value: one bucket holds almost all of them."""
    centre = random_hashes(1)[0]
    hashes = [turned(centre, number % 20, number) for number in range(5_000)]
    queries = [centre, turned(centre, 16, 1), turned(centre, 40, 1)]
    snapshot = opened(tmp_path / "hashes", hashes, engine)
    for radius in (0, 8, 31, 40):
        assert found(snapshot, snapshot.match_batch(array(queries), radius)) == one_by_one(hashes, queries, radius)


@every_engine
@pytest.mark.parametrize("tables", [True, False])
def test_a_batch_is_its_queries_one_after_the_other_nearest_first(engine: str, tables: bool, tmp_path: Path) -> None:
    hashes = random_hashes(500)
    hashes += [turned(hashes[number % 7], number % 30, number) for number in range(500)]
    queries = [turned(hashes[number], 3, number) for number in range(20)]
    snapshot = opened(tmp_path / "hashes", hashes, engine, tables)
    batch = snapshot.match_batch(array(queries))
    singles = [snapshot.match(query) for query in queries]
    assert batch.query.tolist() == [number for number, one in enumerate(singles) for _ in range(len(one))]
    assert batch.row.tolist() == [row for one in singles for row in one.row.tolist()]
    assert batch.distance.tolist() == [bits for one in singles for bits in one.distance.tolist()]
    for one in singles:
        columns = list(zip(one.distance.tolist(), one.row.tolist(), strict=True))
        assert columns == sorted(set(columns))
    assert len(batch) > 100


@pytest.mark.parametrize("tables", [True, False])
def test_all_engines_give_the_same_arrays(tables: bool, tmp_path: Path) -> None:
    hashes = random_hashes(2_000, 5)
    queries = array([turned(one, number % 45, number) for number, one in enumerate(hashes[:200])])
    answers = [opened(tmp_path / "hashes", hashes, engine, tables).match_batch(queries) for engine in engines()]
    for answer in answers:
        for column in ("query", "row", "distance"):
            assert np.array_equal(getattr(answer, column), getattr(answers[0], column))
            assert getattr(answer, column).dtype == np.uint32


@every_engine
def test_no_queries_and_no_hashes(engine: str, tmp_path: Path) -> None:
    empty = opened(tmp_path / "empty", [], engine)
    assert len(empty.match(bytes(32), 256)) == 0
    one = opened(tmp_path / "one", [bytes(32)], engine)
    assert len(one.match_batch(np.zeros((0, 32), np.uint8))) == 0
    assert one.match(b"\xff" * 32, 256).distance.tolist() == [256]
    assert len(one.match(b"\xff" * 32, 255)) == 0


@every_engine
def test_queries_of_another_length_and_radii_beyond_256_are_refused(engine: str, tmp_path: Path) -> None:
    snapshot = opened(tmp_path / "hashes", [bytes(32)], engine)
    for query, radius in ((bytes(31), 31), (bytes(32), -1), (bytes(32), 257)):
        with pytest.raises(ValueError, match="queries of 32 bytes"):
            snapshot.match(query, radius)
