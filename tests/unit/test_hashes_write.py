"""A file is there whole or not at all."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from sluice.hashes.layout import Section, decode
from sluice.hashes.write import HashFileWriter

SECTIONS = [Section("a", 1, 3), Section("b", 4, 8)]


def test_sections_lie_where_the_table_says_with_their_digests(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with HashFileWriter(path, SECTIONS) as writer:
        writer.append("b", np.array([7], "<u4"))
        writer.append("a", np.array([1, 2, 3], np.uint8))
        writer.append("b", np.array([9], "<u4"))
        digest = writer.finish()
    data = path.read_bytes()
    layout = decode(memoryview(data))
    assert layout.digest == digest
    for name, content in (("a", b"\1\2\3"), ("b", bytes([7, 0, 0, 0, 9, 0, 0, 0]))):
        section = layout.sections[name]
        assert data[section.offset : section.offset + section.length] == content
        assert section.sha256 == hashlib.sha256(content).digest()


def test_what_is_longer_than_a_step_is_written_whole_wherever_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "file"
    source = np.random.default_rng(1)
    parts = [np.frombuffer(source.bytes(size), np.uint8) for size in (3, (5 << 20) + 7, 1 << 21)]
    with HashFileWriter(path, [Section("a", 1, 100), Section("b", 1, sum(map(len, parts)))]) as writer:
        writer.append("a", np.zeros(100, np.uint8))
        for part in parts:
            writer.append("b", part)
        writer.finish()
    data = path.read_bytes()
    section = decode(memoryview(data)).sections["b"]
    content = b"".join(part.tobytes() for part in parts)
    assert data[section.offset : section.offset + section.length] == content
    assert section.sha256 == hashlib.sha256(content).digest()


def test_every_large_page_is_written_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[int, int]] = []
    real = os.pwrite

    def told(file: int, data: memoryview, offset: int) -> int:
        done = real(file, data, offset)
        written.append((offset, done))
        return done

    monkeypatch.setattr(os, "pwrite", told)
    path, page = tmp_path / "file", 1 << 21
    source = np.random.default_rng(2)
    contents = {name: source.bytes(2 * page + 1000 * number) for number, name in enumerate("abc", 1)}
    with HashFileWriter(path, [Section(name, 1, len(one)) for name, one in contents.items()]) as writer:
        # In turn, as tables are: each section ends and begins inside of a page, and inside of an append.
        for start in range(0, 3 * page, 300_001):
            for name, one in contents.items():
                writer.append(name, np.frombuffer(one[start : start + 300_001], np.uint8))
        writer.finish()
    data = path.read_bytes()
    for name, section in decode(memoryview(data)).sections.items():
        assert data[section.offset : section.offset + section.length] == contents[name]
    assert sorted(written) == [(start, min(page, len(data) - start)) for start in range(0, len(data), page)]


def test_an_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with HashFileWriter(path, SECTIONS) as writer:
        writer.append("a", np.zeros(3, np.uint8))
        with pytest.raises(ValueError, match="shorter than announced: b"):
            writer.finish()
        assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"old"


def test_an_error_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="section a is longer"),
        HashFileWriter(tmp_path / "file", SECTIONS) as writer,
    ):
        writer.append("a", np.zeros(4, np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_no_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"No space|too large"):
        HashFileWriter(tmp_path / "file", [Section("a", 1, 1 << 62)])
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_does_not_wait_for_the_end_to_be_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever adds to a store beside a merge waits behind all of the new base."""
    waiting: list[int] = []
    synced: list[int] = []
    real_write, real_sync = os.pwrite, os.fdatasync

    def write(file: int, data: memoryview, offset: int) -> int:
        waiting.append(len(data))
        return real_write(file, data, offset)

    def sync(file: int) -> None:
        real_sync(file)
        synced.append(sum(waiting))
        waiting.clear()

    monkeypatch.setattr(os, "pwrite", write)
    monkeypatch.setattr(os, "fdatasync", sync)
    content = np.zeros(200 << 20, np.uint8)
    with HashFileWriter(tmp_path / "file", [Section("a", 1, len(content))]) as writer:
        writer.append("a", content)
        writer.finish()
    assert len(synced) == 3
    assert max(*synced, sum(waiting)) <= 64 << 20
