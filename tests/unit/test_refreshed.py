"""What files hold, read at once; and a value that is made of them, again and again."""

import os
from pathlib import Path

import pytest

from sluice.errors import ConfigError
from sluice.refreshed import MOST_BYTES, Refreshed, Snapshot, Version, snapshot


def number(path: Path) -> Refreshed[int]:
    """The number in a file."""

    def load(seen: Snapshot) -> int:
        try:
            return int(seen.files[path])
        except (KeyError, ValueError) as error:
            raise ConfigError([*seen.problems, "not a number"]) from error

    return Refreshed("number", lambda: snapshot([path]), load, lambda value: Version(str(value), bytes([value])))


def test_a_snapshot_is_told_by_what_files_hold_and_not_by_their_age(tmp_path: Path) -> None:
    one, two = tmp_path / "1", tmp_path / "2"
    one.write_bytes(b"a")
    two.write_bytes(b"b")
    first = snapshot([one, two])
    assert first.files == {one: b"a", two: b"b"}
    one.unlink()
    one.write_bytes(b"a")
    assert snapshot([one, two]).digest == first.digest
    one.write_bytes(b"b")
    two.write_bytes(b"a")
    assert snapshot([one, two]).digest != first.digest


def test_what_cannot_be_read_is_a_problem_and_makes_another_snapshot(tmp_path: Path) -> None:
    file, large = tmp_path / "here", tmp_path / "large"
    file.write_bytes(b"a")
    alone = snapshot([file])
    gone = snapshot([file, tmp_path / "gone"])
    assert gone.files == {file: b"a"}
    assert gone.problems == (f"{tmp_path / 'gone'}:1: No such file or directory",)
    assert gone.digest != alone.digest
    large.write_bytes(bytes(MOST_BYTES + 1))
    assert snapshot([large]).problems == (f"{large}:1: larger than {MOST_BYTES} bytes",)
    assert snapshot([file], ["found before"]).problems == ("found before",)


def test_what_is_adopted_is_what_was_read(tmp_path: Path) -> None:
    file = tmp_path / "number"
    file.write_text("1")
    found = number(file)
    assert (found.value, found.version, found.about) == (1, Version("1", b"\x01"), "number")
    file.write_text("2")
    seen = found.read()
    file.write_text("3")
    found.adopt(seen)
    assert (found.value, found.version.name, found.digest) == (2, "2", seen.digest)


def test_what_is_not_good_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "number"
    file.write_text("1")
    found = number(file)
    digest = found.digest
    file.write_text("one")
    with pytest.raises(ConfigError):
        found.adopt(found.read())
    assert (found.value, found.digest) == (1, digest)


def test_there_is_no_value_without_a_first_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        number(tmp_path / "number")


def test_a_pipe_or_a_folder_in_a_files_place_is_a_problem_at_once(tmp_path: Path) -> None:
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe)
    folder.mkdir()
    assert snapshot([pipe, folder]).problems == (f"{pipe}:1: not a file", f"{folder}:1: Is a directory")
