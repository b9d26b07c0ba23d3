"""Files as bytes."""

import contextlib
import os
import threading
import time
from pathlib import Path

import pytest

from sluice.hashes.layout import HashFileError
from sluice.hashes.mapped import COPIED, mapped


@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize("size", [1, COPIED, COPIED + 1])
def test_all_of_it_and_not_to_be_written(size: int, copied: bool, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\7" * size)
    data = mapped(path, copied)
    assert len(data) == size
    assert data[0] == data[-1] == 7
    assert data.readonly


@pytest.mark.parametrize(("size", "asked"), [(COPIED, False), (20 * COPIED, True)])
def test_a_small_file_is_a_copy_and_a_large_one_where_that_is_asked(size: int, asked: bool, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\7" * size)
    data = mapped(path, asked)
    with path.open("r+b") as file:
        file.truncate(0)
    assert data[-1] == 7


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(HashFileError, match="too short"):
        mapped(tmp_path / "empty")
    with pytest.raises(OSError, match="directory"):
        mapped(tmp_path)
    with pytest.raises(FileNotFoundError):
        mapped(tmp_path / "none")


def test_a_file_that_was_removed_is_freed_by_a_thread_and_not_by_who_lets_go_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(COPIED + 1))
    closed: list[tuple[str, int]] = []
    real = os.close

    def close(file: int) -> None:
        links = os.fstat(file).st_nlink
        real(file)
        closed.append((threading.current_thread().name, links))

    whole = mapped(path)
    path.unlink()
    assert open_files(path) > 0
    monkeypatch.setattr(os, "close", close)
    del whole
    until = time.monotonic() + 10
    while not closed and time.monotonic() < until:
        time.sleep(0.01)
    assert closed == [("let-go", 0)]
    assert open_files(path) == 0


def test_where_no_thread_can_be_started_the_file_is_let_go_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(COPIED + 1))
    whole = mapped(path)
    path.unlink()
    assert open_files(path) > 0

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    del whole
    assert open_files(path) == 0


def open_files(path: Path) -> int:
    """Of this process, that are this file, which has been removed."""
    found = 0
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += str(link.readlink()) == f"{path} (deleted)"
    return found
