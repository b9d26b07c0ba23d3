"""The anchor only moves on, and is never half written."""

import threading
from pathlib import Path

import pytest

from sluice.errors import RetryableError
from sluice.vault.anchor import FileAnchor
from sluice.vault.entry import Head
from sluice.vault.errors import TamperedError

ONE, TWO = Head(1, "11" * 32), Head(2, "22" * 32)


def test_it_moves_on_and_never_back(tmp_path: Path) -> None:
    anchor = FileAnchor(tmp_path / "new" / "head")
    assert anchor.head() == Head()
    anchor.advance(ONE)
    anchor.advance(TWO)
    anchor.advance(ONE)
    assert FileAnchor(tmp_path / "new" / "head").head() == TWO


def test_another_one_of_the_same_length_does_not_take_its_place(tmp_path: Path) -> None:
    anchor = FileAnchor(tmp_path / "head")
    anchor.advance(TWO)
    anchor.advance(Head(2, "33" * 32))
    assert anchor.head() == TWO


@pytest.mark.parametrize("text", ["", "2", "2:zz\n", "x" * 100])
def test_a_file_that_is_no_anchor(tmp_path: Path, text: str) -> None:
    (tmp_path / "head").write_text(text)
    with pytest.raises(TamperedError, match="no anchor"):
        FileAnchor(tmp_path / "head").head()


def test_a_file_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    (tmp_path / "head").mkdir()
    with pytest.raises(RetryableError):
        FileAnchor(tmp_path / "head").head()
    (tmp_path / "file").touch()
    with pytest.raises(RetryableError):
        FileAnchor(tmp_path / "file" / "head").advance(ONE)


def test_many_at_once_end_with_the_last(tmp_path: Path) -> None:
    path = tmp_path / "head"
    heads = [Head(seq, f"{seq:064x}") for seq in range(1, 41)]

    def work(some: list[Head]) -> None:
        for one in some:
            FileAnchor(path).advance(one)

    threads = [threading.Thread(target=work, args=(heads[start::4],)) for start in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert FileAnchor(path).head() == heads[-1]
