"""Rows of files: each with its place, and what is no row is told, never left out."""

import gzip
import sys
from pathlib import Path

import pytest

from evaluation.files import Bad, FileError, Row, read_rows


def rows(path: Path, data: bytes) -> list[Row | Bad]:
    path.write_bytes(data)
    return list(read_rows(path))


def test_jsonl_names_the_line_of_every_bad_row(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbf{"Text": "a"}\n\n[1]\nnonsense\n{"text": "\xff"}\n{"text": "b"}'
    found = rows(tmp_path / "x.jsonl", data)
    assert [one.where for one in found] == ["x.jsonl:1", "x.jsonl:3", "x.jsonl:4", "x.jsonl:5", "x.jsonl:6"]
    assert [one.why[:9] if isinstance(one, Bad) else one.cells for one in found] == [
        {"text": "a"}, "not a JSO", "not JSON:", "not UTF-8", {"text": "b"},
    ]  # fmt: skip


@pytest.mark.parametrize("bad", [b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"])
def test_hostile_json_is_a_bad_row(tmp_path: Path, bad: bytes) -> None:
    found = rows(tmp_path / "x.jsonl", bad + b'\n{"text": "b"}\n')
    assert isinstance(found[0], Bad)
    assert isinstance(found[1], Row)


@pytest.mark.parametrize(("name", "comma"), [("x.csv", ","), ("x.tsv", "\t")])
def test_csv_and_tsv(tmp_path: Path, name: str, comma: str) -> None:
    lines = ["text,label", '"two\nlines",allow', "one,block,more", "\ud8ff,block", "only"]
    data = "\n".join(lines).replace(",", comma).encode("utf-8", "surrogatepass")
    first, more, broken, short = rows(tmp_path / name, data)
    assert first == Row(f"{name}:3", {"text": "two\nlines", "label": "allow"})
    assert isinstance(more, Bad)
    assert broken == Bad(f"{name}:5", "not UTF-8")
    assert short == Row(f"{name}:6", {"text": "only"})


def test_csv_that_cannot_be_told_apart_ends_with_a_bad_row(tmp_path: Path) -> None:
    found = rows(tmp_path / "x.csv", b'text\nfine\n"a"b\nlost\n')
    assert isinstance(found[0], Row)
    assert isinstance(found[1], Bad)
    assert found[1].why.startswith("not CSV from here on")


def test_long_cells_are_read(tmp_path: Path) -> None:
    (row,) = rows(tmp_path / "x.csv", b"text\n" + b"x" * 200_000)
    assert isinstance(row, Row)
    assert len(str(row.cells["text"])) == 200_000


def test_gzip(tmp_path: Path) -> None:
    assert rows(tmp_path / "x.jsonl.gz", gzip.compress(b'{"text": "a"}')) == [Row("x.jsonl.gz:1", {"text": "a"})]
    with pytest.raises(FileError, match="cannot be read"):
        rows(tmp_path / "y.csv.gz", gzip.compress(b"text\na")[:-9])


@pytest.mark.parametrize("name", ["x.txt", "x", "x.parquet.gz", "x.gz"])
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match="not one of"):
        rows(tmp_path / name, b"{}")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        list(read_rows(tmp_path / "none.jsonl"))


def test_parquet_without_pyarrow_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FileError, match="pip install 'pyarrow"):
        rows(tmp_path / "x.parquet", b"PAR1")
