"""A store whose files are damaged, missing or in the way: nothing is lost in silence, and whole lists mend it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sluice.hashes import store as module
from sluice.hashes.change import HashStoreError
from sluice.hashes.compact import Lists, columns, compact
from sluice.hashes.current import read_current
from sluice.hashes.layout import HashFileError
from sluice.hashes.listed import Listed
from sluice.hashes.live import LiveIndex
from sluice.hashes.store import append
from tests.unit.hash_store import change, plus, settled, store
from tests.unit.test_hashes_compact import held

BANKS = """\
partner: {kind: csam, source: a, terms: b}
other: {kind: terror, source: a, terms: b}
"""
A, B, C = (Listed(name, md5=name.encode() * 16) for name in "abc")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One entry in the base, two records in the delta."""
    found = store(tmp_path / "hashes", BANKS)
    append(found, [change(plus("partner", A))])
    compact(found)
    append(found, [change(plus("other", A)), change(plus("other", B))])
    return found


def paths(folder: Path) -> tuple[Path, Path]:
    """Base and delta."""
    current = read_current(folder)
    assert current is not None
    return folder / current.base, folder / current.delta


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def damaged_base(folder: Path) -> None:
    path = paths(folder)[0]
    flip(path, path.read_bytes().index(A.md5))


def damaged_delta(folder: Path) -> None:
    flip(paths(folder)[1], 60)


def missing_base(folder: Path) -> None:
    paths(folder)[0].unlink()


def missing_delta(folder: Path) -> None:
    paths(folder)[1].unlink()


def lists_of(*banks: str) -> Lists:
    return Lists(banks, [columns([(at, C) for at in range(len(banks))])])


@pytest.mark.parametrize("breaks", [damaged_base, damaged_delta, missing_base, missing_delta])
def test_the_lists_of_all_banks_make_a_damaged_store_sound(folder: Path, breaks: Callable[[Path], None]) -> None:
    reader = LiveIndex(folder)
    breaks(folder)
    before = read_current(folder)
    for lists in (None, lists_of("partner")):
        with pytest.raises(
            (HashStoreError, HashFileError), match="`sluice hashes build` with those of all its banks"
        ):
            compact(folder, lists)
    assert read_current(folder) == before
    done = compact(folder, lists_of("partner", "other"))
    assert done.damage
    assert held(folder) == [("other", "c"), ("partner", "c")]
    append(folder, [change(plus("partner", B))])
    settled(reader)
    assert held(folder) == [("other", "c"), ("partner", "b"), ("partner", "c")]
    assert (reader.trouble, reader.view.generation) == ("", 2)
    reader.close()


def test_a_sound_store_keeps_the_banks_that_nobody_describes_any_more(folder: Path) -> None:
    store(folder, BANKS.splitlines()[0])
    with pytest.raises(HashStoreError, match="describes no bank called other, which has entries: describe it again"):
        compact(folder, lists_of("partner"))
    store(folder, BANKS)
    assert held(folder) == [("other", "a"), ("other", "b"), ("partner", "a")]


def test_without_current_json_no_empty_store_takes_the_lists_place(folder: Path) -> None:
    current = (folder / "current.json").read_bytes()
    (folder / "current.json").unlink()
    for write in (lambda: append(folder, [change(plus("partner", C))]), lambda: compact(folder, lists_of("partner"))):
        with pytest.raises(HashStoreError, match=r"current\.json is missing, and base-.* is there: put it back"):
            write()
    (folder / "current.json").write_bytes(current)
    assert held(folder) == [("other", "a"), ("other", "b"), ("partner", "a")]


def test_without_current_json_a_first_delta_is_not_overwritten(tmp_path: Path) -> None:
    folder = store(tmp_path, BANKS)
    append(folder, [change(plus("partner", A))])
    current = (folder / "current.json").read_bytes()
    (folder / "current.json").unlink()
    with pytest.raises(HashStoreError, match=r"and delta-0\.log is there"):
        append(folder, [change(plus("partner", B))])
    (folder / "current.json").write_bytes(current)
    assert held(folder) == [("partner", "a")]


def test_a_last_record_that_is_not_what_was_written_is_told(folder: Path) -> None:
    delta = paths(folder)[1]
    flip(delta, len(delta.read_bytes()) - 1)
    index = LiveIndex(folder)
    assert (index.spoiled, index.unread_bytes > 0) == (True, True)
    append(folder, [change(plus("other", B))])
    index.look()
    assert (index.spoiled, index.trouble) == (False, "")
    with delta.open("ab") as file:
        file.write(b"SLXD half a frame, of a writer that was killed, and nothing else")
    index.look()
    assert not index.spoiled
    index.close()


def test_a_delta_that_was_cut_short_is_told(folder: Path) -> None:
    index = LiveIndex(folder)
    delta = paths(folder)[1]
    data = delta.read_bytes()
    os.truncate(delta, len(data) // 2)
    index.look()
    assert "is shorter than it was" in index.trouble
    assert list(index.loaded.overlay.latest) == [("other", "a"), ("other", "b")]
    delta.write_bytes(data)
    index.look()
    assert index.trouble == ""
    index.close()


def test_what_builds_that_were_killed_have_left_is_removed_before_the_next_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [folder / ".base-new-1.tmp.0123456789abcdef", folder / "base-new-2.tmp", folder / "delta-9.log"]
    for path in left:
        path.write_bytes(b"left")

    def looks(*_: object, **__: object) -> None:
        assert not [path for path in left if path.exists()]
        raise OSError(28, "no room")

    monkeypatch.setattr("sluice.hashes.compact.build", looks)
    with pytest.raises(OSError, match="no room"):
        compact(folder)
    assert held(folder) == [("other", "a"), ("other", "b"), ("partner", "a")]


@pytest.mark.parametrize(("whole", "says"), [(0, "no room"), (1, "no room: the first 1 entries are done")])
def test_a_disk_that_fills_up_says_how_much_is_done(
    folder: Path, monkeypatch: pytest.MonkeyPatch, whole: int, says: str
) -> None:
    write, delta = module._write, paths(folder)[1]
    size, calls = delta.stat().st_size, []

    def fills(file: int, data: bytes, offset: int) -> None:
        calls.append(offset)
        if len(calls) > whole:
            os.pwrite(file, data[:20], offset)
            raise OSError(28, "no room")
        write(file, data, offset)

    monkeypatch.setattr(module, "_write", fills)
    with pytest.raises((OSError, HashStoreError), match=says):
        append(folder, [change(plus("partner", B)), change(plus("partner", C))])
    assert delta.stat().st_size == (size if not whole else calls[1])
    assert ("partner", "b") in held(folder) if whole else ("partner", "b") not in held(folder)


def test_writers_of_one_group_share_the_locks(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        folder = store(tmp_path / "hashes", BANKS)
        append(folder, [])
        compact(folder)
    finally:
        os.umask(before)
    for name in ("write.lock", "merge.lock", "delta-1.log", "current.json"):
        assert (folder / name).stat().st_mode & 0o660 == 0o660, name
