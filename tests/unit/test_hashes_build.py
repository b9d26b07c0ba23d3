"""What is built: entries of any number of runs, duplicates together, poor hashes left out."""

import random
from pathlib import Path

import numpy as np
import pytest

from sluice.hashes.build import TABLES_FROM, build
from sluice.hashes.engine import engines
from sluice.hashes.entries import UNKNOWN, Column, Entries
from sluice.hashes.snapshot import Entry, Snapshot
from tests.unit.hash_files import array, entries, random_hashes

every_engine = pytest.mark.parametrize("engine", [engines()[0], engines()[-1]])


def numbers(*values: int) -> "np.typing.NDArray[np.uint32]":
    return np.array(values, np.uint32)


@every_engine
def test_entries_keep_their_numbers_over_runs(engine: str, tmp_path: Path) -> None:
    one, other = random_hashes(2)
    md5 = bytes(range(16))
    runs = [
        Entries(["a", "b"], 3, Column(numbers(1), array([one])), np.array([77], np.uint8)),
        Entries([]),
        Entries(
            ["c", "d", "e"],
            4,
            Column(numbers(2, 0), array([one, other])),
            known={"md5": Column(numbers(1), array([md5], 16))},
        ),
    ]
    built = build(tmp_path / "hashes", runs, about={"banks": {"3": "x"}}, engine=engine)
    assert (built.entries, built.hashes, built.listed, built.refused) == (5, 2, 3, 0)
    assert dict(built.known) == {"md5": 1, "sha1": 0, "sha256": 0}
    snapshot = Snapshot.open(tmp_path / "hashes", engine)
    assert snapshot.digest == built.digest
    assert snapshot.about() == {"banks": {"3": "x"}}
    assert snapshot.entries_of(int(snapshot.match(one, 0).row[0])).tolist() == [1, 4]
    assert snapshot.entries_of(int(snapshot.match(other, 0).row[0])).tolist() == [2]
    assert snapshot.known("md5", md5) == [3]
    assert [snapshot.entry(number) for number in (0, 1, 4)] == [
        Entry(3, "a", None),
        Entry(3, "b", 77),
        Entry(4, "e", None),
    ]


@every_engine
def test_hashes_of_poor_quality_are_left_out_and_counted(engine: str, tmp_path: Path) -> None:
    hashes = random_hashes(5)
    qualities = np.array([49, 50, 0, 100, UNKNOWN], np.uint8)
    run = Entries(list("abcde"), 0, Column.of_all(array(hashes)), qualities)
    built = build(tmp_path / "hashes", [run], engine=engine)
    assert (built.entries, built.hashes, built.refused) == (5, 3, 2)
    snapshot = Snapshot.open(tmp_path / "hashes", engine)
    assert [len(snapshot.match(one, 0)) for one in hashes] == [0, 1, 0, 1, 1]
    assert [snapshot.entry(number).quality for number in range(5)] == [None, 50, None, 100, None]


def test_every_engine_writes_the_same_file(tmp_path: Path) -> None:
    hashes = random_hashes(1_500)
    hashes += [random.Random(2).choice(hashes) for _ in range(500)]
    known = {"sha1": Column.of_all(array([one[:20] for one in hashes], 20))}
    run = Entries([str(number) for number in range(2_000)], 1, Column.of_all(array(hashes)), known=known)
    files = []
    for engine in engines():
        for threads in (1, 3):
            build(tmp_path / "hashes", [run], tables=True, threads=threads, engine=engine)
            files.append((tmp_path / "hashes").read_bytes())
    assert len(set(files)) == 1


def test_the_order_of_entries_does_not_change_what_is_searched(tmp_path: Path) -> None:
    hashes = random_hashes(100)
    stored = []
    for order in (hashes, hashes[::-1]):
        build(tmp_path / "hashes", [entries(order)], tables=True)
        snapshot = Snapshot.open(tmp_path / "hashes")
        stored.append([snapshot.pdq(row) for row in range(100)])
    assert stored[0] == stored[1]


def test_small_sets_have_no_tables(tmp_path: Path) -> None:
    hashes = random_hashes(TABLES_FROM)
    for count in (TABLES_FROM - 1, TABLES_FROM):
        build(tmp_path / "hashes", [entries(hashes[:count])])
        assert Snapshot.open(tmp_path / "hashes").stats().indexed is (count == TABLES_FROM)


def test_progress_names_the_steps(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    run = entries(random_hashes(10))
    build(tmp_path / "hashes", [run, run], tables=True, progress=lambda *step: told.append(step))
    assert told[:2] == [("entries", 10, 0), ("entries", 20, 0)]
    assert ("sorting", 0, 4) in told
    assert [step for step in told if step[0] == "tables"] == [("tables", band, 16) for band in range(17)]


def test_a_failing_run_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "hashes"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="an id has more than"):
        build(path, [Entries(["x" * 2_000])])
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_about_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="about"):
        build(tmp_path / "hashes", [], about={"x": "y" * (1 << 20)})
