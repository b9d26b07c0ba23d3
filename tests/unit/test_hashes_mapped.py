"""Files as bytes."""

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
