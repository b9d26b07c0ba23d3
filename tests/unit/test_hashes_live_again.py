"""A reader that something went wrong with tries again, and leaves nothing out."""

from pathlib import Path

import pytest

from sluice.check import Digests
from sluice.hashes import live as module
from sluice.hashes.change import HashStoreError
from sluice.hashes.compact import compact
from sluice.hashes.current import Current
from sluice.hashes.listed import Listed
from sluice.hashes.live import LiveIndex
from sluice.hashes.opened import Loaded, OpenBase
from sluice.hashes.store import append
from tests.unit.hash_store import change, plus, settled, store
from tests.unit.test_hashes_live import names

A = Listed("a", md5=b"a" * 16)
B = Listed("b", md5=b"b" * 16)


def test_what_was_read_and_could_not_be_counted_in_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])
    index = LiveIndex(folder)

    def full(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Loaded, "take", full)
        append(folder, [change(plus("partner", B))])
        with pytest.raises(MemoryError):
            index.look()
    assert names(index, A, B) == ["a"]
    index.look()
    assert names(index, A, B) == ["a", "b"]


def test_a_base_that_the_system_would_not_let_us_read_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AGAIN_SECONDS", 0.0)
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])
    index = LiveIndex(folder)
    load, tries = index._load, []

    def fails_twice(current: Current) -> OpenBase:
        tries.append(current)
        if len(tries) < 3:
            raise OSError(24, "Too many open files")
        return load(current)

    monkeypatch.setattr(index, "_load", fails_twice)
    compact(folder)
    append(folder, [change(plus("partner", B))])
    index.look()
    while not index.trouble:
        index.look()
    assert "Too many open files" in index.trouble
    assert names(index, A, B) == ["a", "b"]
    assert names(settled(index), A, B) == ["a", "b"]
    assert (len(tries), index.trouble, index.loaded.overlay.added) == (3, "", 1)


def test_a_reader_that_cannot_begin_holds_no_file(tmp_path: Path) -> None:
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])
    store(tmp_path, "other: {kind: hate, source: a, terms: b}\n")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(HashStoreError, match="describe it again"):
            LiveIndex(folder)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    store(tmp_path)
    index = LiveIndex(folder)
    assert [hit.entry for hit in index.view.look_up([Digests(md5=A.md5)])[0]] == ["a"]
    index.close()


def test_damage_of_the_base_that_was_there_at_the_start_is_told(tmp_path: Path) -> None:
    """It is opened without being read; what it does not find any more must not be missed in silence."""
    folder = store(tmp_path)
    append(folder, [change(plus("partner", A))])
    path = folder / compact(folder).current.base
    good = path.read_bytes()
    data = bytearray(good)
    data[data.index(A.md5)] ^= 1
    path.write_bytes(data)
    index = LiveIndex(folder)
    assert names(index, A) == []
    while not index.trouble:
        index.look()
    assert "md5-digests is damaged: its SHA-256 is another: build the store anew" in index.trouble
    # As long as it is in use.
    index.look()
    assert index.trouble
    path.write_bytes(good)
    compact(folder)
    assert names(settled(index), A) == ["a"]
    index.look()
    assert index.trouble == ""
    index.close()
    sound = LiveIndex(folder)
    sound.look()
    while sound._verified is not None:
        sound.look()
        assert sound.trouble == ""
    sound.close()
