"""An open file of hashes."""

import threading
from pathlib import Path

import pytest

from sluice.hashes.build import build
from sluice.hashes.engine import chosen, engines
from sluice.hashes.entries import Column, Entries
from sluice.hashes.mapped import COPIED
from sluice.hashes.snapshot import Snapshot
from tests.unit.hash_files import array, entries, opened, random_hashes


def test_counts_and_sizes(tmp_path: Path) -> None:
    hashes = random_hashes(5_000)
    known = {"md5": Column.of_all(array([one[:16] for one in hashes], 16))}
    run = Entries(["id"] * 5_000, 0, Column.of_all(array(hashes)), known=known)
    build(tmp_path / "hashes", [run])
    stats = Snapshot.open(tmp_path / "hashes").stats()
    assert (stats.entries, stats.hashes, stats.listed, stats.indexed) == (5_000, 5_000, 5_000, True)
    assert stats.structure_bytes == 5_000 * 128 + 16 * 65_537 * 4
    assert stats.bytes_per_hash == stats.structure_bytes / 5_000
    assert stats.known_bytes == 5_000 * 20 + 8_193 * 4 + 2 * 2 * 4
    assert stats.metadata_bytes < 5_000 * 30


def test_a_closed_snapshot_says_so_and_those_who_hold_it_are_not_hurt(tmp_path: Path) -> None:
    hashes = random_hashes(60_000)
    snapshot = opened(tmp_path / "hashes", hashes, "")
    assert (tmp_path / "hashes").stat().st_size > COPIED
    rows = snapshot.entries_of(0)
    snapshot.close()
    (tmp_path / "hashes").unlink()
    assert len(rows) == 1
    with pytest.raises(ValueError, match="closed"):
        snapshot.match(bytes(32))


@pytest.mark.parametrize("engine", engines())
def test_closing_while_others_search(engine: str, tmp_path: Path) -> None:
    hashes = random_hashes(50_000)
    queries = array(hashes[:500])
    snapshot = opened(tmp_path / "hashes", hashes, engine)
    answers: list[int] = []
    answered = threading.Event()

    def for_ever() -> None:
        while True:
            answers.append(len(snapshot.match_batch(queries, 31)))
            answered.set()

    def search() -> None:
        with pytest.raises(ValueError, match="closed"):
            for_ever()

    thread = threading.Thread(target=search)
    thread.start()
    answered.wait()
    snapshot.close()
    thread.join()
    assert set(answers) == {500}


def test_a_replaced_file_leaves_open_ones_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "hashes"
    one, other = random_hashes(2)
    before = opened(path, [one] * 3, "")
    after = opened(path, [other], "")
    assert before.digest != after.digest
    assert len(before.match(one)) == 1
    assert len(after.match(one)) == 0


def test_equal_content_has_an_equal_digest(tmp_path: Path) -> None:
    digests = {build(tmp_path / name, [entries(random_hashes(10))]).digest for name in "ab"}
    assert len(digests) == 1


def test_engines_by_name() -> None:
    assert chosen() == engines()[-1]
    assert chosen("numpy") == "numpy"
    with pytest.raises(ValueError, match="no engine 'abacus' here: numpy"):
        chosen("abacus")
