"""What is read from the command line, and what is refused."""

import io
import os
import sys
from pathlib import Path

import pytest

from sluice.cli import provenance_files
from sluice.cli.provenance_files import UnreadError, read_picture


def test_files_and_standard_input_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert read_picture(str(tmp_path / "a")) == b"abc"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"def")))
    assert read_picture("-") == b"def"


@pytest.mark.parametrize("given", ["/dev/zero", "/dev/null", "."])
def test_what_is_no_file_is_refused(given: str) -> None:
    with pytest.raises(UnreadError, match=r"device|folder"):
        read_picture(given)


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadError, match="pipe"):
        read_picture(str(tmp_path / "pipe"))


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadError, match="No such file"):
        read_picture(str(tmp_path / "missing"))
    (tmp_path / "empty").touch()
    with pytest.raises(UnreadError, match="empty"):
        read_picture(str(tmp_path / "empty"))
    with pytest.raises(UnreadError, match="name"):
        read_picture("a\0b")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(UnreadError, match="symbolic links"):
        read_picture(str(tmp_path / "loop"))


def test_huge_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UnreadError, match="larger than 256 MiB"):
        read_picture(str(tmp_path / "sparse"))
    monkeypatch.setattr(provenance_files, "MOST_BYTES", 4)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"12345")))
    with pytest.raises(UnreadError, match="larger"):
        read_picture("-")
