"""Building a base of what is there: crashes, other writers, whole lists."""

import threading
from pathlib import Path

import pytest

from sluice.hashes import compact as module
from sluice.hashes.build import build
from sluice.hashes.change import HashStoreError
from sluice.hashes.compact import compact
from sluice.hashes.current import read_current, write_current
from sluice.hashes.layout import HashFileError
from sluice.hashes.listed import Listed
from sluice.hashes.live import LiveIndex
from sluice.hashes.locks import MERGE, WRITE, locked
from sluice.hashes.store import MERGE_BYTES, Appended, append
from tests.unit.hash_store import BANKS, change, minus, plus, store, whole

A, B, C = (Listed(name, md5=name.encode() * 16) for name in "abc")


def held(folder: Path) -> list[tuple[str, str]]:
    """Banks and ids of all entries, as a reader finds them."""
    index = LiveIndex(folder)
    snapshot = index.loaded.base.snapshot
    found = []
    if snapshot is not None:
        entries = [snapshot.entry(number) for number in range(snapshot.stats().entries)]
        found = [(index.loaded.base.banks[entry.bank], entry.id) for entry in entries]
    latest = index.loaded.overlay.latest
    index.close()
    newer = [key for key, listed in latest.items() if listed is not None]
    return sorted([key for key in found if key not in latest] + newer)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_merge_leaves_what_counts_and_no_other_file(tmp_path: Path) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A), plus("wide", B))])
    first = compact(folder)
    assert (first.current.generation, first.built.entries, first.merged) == (1, 2, 2)
    append(folder, [change(minus("partner", "a"), plus("wide", C), minus("half", "never"))])
    second = compact(folder)
    assert (second.current.generation, second.built.entries, second.merged) == (2, 2, 3)
    assert held(folder) == [("wide", "b"), ("wide", "c")]
    assert files(folder) == {
        "banks.yaml", "current.json", second.current.base, "delta-2.log", "write.lock", "merge.lock"
    }  # fmt: skip
    assert (folder / second.current.base).stat().st_size == second.bytes


def test_a_whole_list_takes_the_place_of_its_banks_entries_alone(tmp_path: Path) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A), plus("wide", A))])
    compact(folder)
    append(folder, [change(plus("partner", B), plus("wide", B))])
    compact(folder, whole("partner", [C]))
    assert held(folder) == [("partner", "c"), ("wide", "a"), ("wide", "b")]
    compact(folder, whole("wide", []))
    assert held(folder) == [("partner", "c")]


def test_a_bank_may_go_once_it_is_empty(tmp_path: Path) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A), plus("wide", B), fresh={"half": 3})])
    compact(folder)
    store(tmp_path, "\n".join(line for line in BANKS.splitlines() if not line.startswith("half")))
    index = LiveIndex(folder)
    assert set(index.view.banks) == {"partner", "wide"}
    compact(folder)
    assert held(folder) == [("partner", "a"), ("wide", "b")]
    store(tmp_path, BANKS.splitlines()[0])
    with pytest.raises(HashStoreError, match="describes no bank called wide"):
        compact(folder)
    index.look()
    assert "describes no bank called wide, which has entries" in index.trouble


def test_changes_that_come_while_a_base_is_built_go_into_the_new_delta(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])

    def slowly(*words: object, **options: object) -> object:
        append(folder, [change(plus("partner", B), minus("partner", "a"))])
        return build(*words, **options)  # type: ignore[arg-type] # whatever `compact` hands over is handed on

    monkeypatch.setattr(module, "build", slowly)
    done = compact(folder, whole("wide", [C]))
    assert done.built.entries == 2
    assert held(folder) == [("partner", "b"), ("wide", "c")]
    assert (folder / done.current.delta).stat().st_size > 0


@pytest.mark.parametrize("step", ["build", "make_delta", "write_current"])
def test_a_merge_that_dies_changes_nothing_and_the_next_one_sweeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])
    compact(folder)
    append(folder, [change(plus("partner", B))])
    before = read_current(folder)

    def dies(*_: object, **__: object) -> None:
        raise OSError(28, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(module, step, dies)
        with pytest.raises(OSError, match="no room"):
            compact(folder)
    (folder / "base-new-1.tmp").write_bytes(b"left")
    assert read_current(folder) == before
    assert held(folder) == [("partner", "a"), ("partner", "b")]
    append(folder, [change(plus("partner", C))])
    done = compact(folder)
    assert held(folder) == [("partner", "a"), ("partner", "b"), ("partner", "c")]
    assert {name for name in files(folder) if name.startswith(("base", "delta"))} == {
        done.current.base,
        done.current.delta,
    }


def test_a_damaged_base_is_not_built_upon(tmp_path: Path) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])
    path = folder / compact(folder).current.base
    data = bytearray(path.read_bytes())
    data[data.index(A.md5)] ^= 1
    path.write_bytes(data)
    before = read_current(folder)
    with pytest.raises(HashFileError, match="md5-digests is damaged"):
        compact(folder)
    assert read_current(folder) == before


def test_one_merge_at_a_time(tmp_path: Path) -> None:
    folder = store(tmp_path)
    append(folder, [])
    with locked(folder, MERGE, 0.0), pytest.raises(HashStoreError, match=r"another process holds .*merge\.lock"):
        compact(folder)


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    folder = store(tmp_path)
    append(folder, [])
    with locked(folder, WRITE, 0.0):
        threads = [
            threading.Thread(target=append, args=(folder, [change(plus("partner", one))])) for one in (A, B, C)
        ]
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert held(folder) == [("partner", "a"), ("partner", "b"), ("partner", "c")]


def test_a_bank_that_nobody_describes_takes_no_entries(tmp_path: Path) -> None:
    folder = store(tmp_path)
    with pytest.raises(HashStoreError, match="describes no bank called nobody, other"):
        append(folder, [change(plus("other", A), fresh={"nobody": 1})])
    with pytest.raises(HashStoreError, match="describes no bank called other"):
        compact(folder, whole("other", [A]))
    assert held(folder) == []


def test_what_a_writer_that_died_left_is_cut_off_and_told(tmp_path: Path) -> None:
    folder = store(tmp_path)
    size = append(folder, [change(plus("partner", A))]).delta_bytes
    with (folder / "delta-0.log").open("ab") as file:
        file.write(b"SLXD half a frame")
    done = append(folder, [change(plus("partner", B))])
    assert done.torn_bytes == 17
    assert done.delta_bytes == (folder / "delta-0.log").stat().st_size == 2 * size
    assert held(folder) == [("partner", "a"), ("partner", "b")]


def test_a_long_delta_should_be_merged() -> None:
    assert not Appended(0, MERGE_BYTES).should_merge
    assert Appended(0, MERGE_BYTES + 1).should_merge


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": 1, "generation": -1, "base": "", "base_digest": ""}',
        '{"format": 1, "generation": "1", "base": "", "base_digest": ""}',
        '{"format": 2, "generation": 1, "base": "", "base_digest": ""}',
        '{"format": 1, "generation": 1, "base": "../base-0000000000000000.snap", "base_digest": ""}',
        '{"format": 1, "generation": 1, "base": "base-0000000000000000.snap", "base_digest": "00"}',
    ],
)
def test_a_current_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    folder = store(tmp_path)
    append(folder, [])
    good = read_current(folder)
    (folder / "current.json").write_text(text)
    with pytest.raises(HashStoreError, match=r"current\.json"):
        read_current(folder)
    with pytest.raises(HashStoreError, match=r"current\.json"):
        append(folder, [])
    assert good is not None
    write_current(folder, good)
    assert read_current(folder) == good
