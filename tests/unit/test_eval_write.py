"""Reports land whole, and where they were asked for."""

import json
from pathlib import Path

import pytest

from evaluation.files import FileError
from evaluation.table import Document
from evaluation.write import json_text, make_folder, put, write

DOCUMENT = Document("Title", [], [])


def test_three_files_and_the_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a" / "b"
    make_folder(out)
    put(DOCUMENT, {"rows": 1}, False, out)
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "report.json", "report.md"]
    assert capsys.readouterr().out == "# Title\n"
    assert json.loads((out / "report.json").read_text()) == {"rows": 1}


def test_json_instead_of_tables(capsys: pytest.CaptureFixture[str]) -> None:
    put(DOCUMENT, {"rows": 1}, True, None)
    assert json.loads(capsys.readouterr().out) == {"rows": 1}


def test_no_folder_can_be_made_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot be made"):
        make_folder(tmp_path / "file")
    with pytest.raises(FileError, match="cannot be written"):
        put(DOCUMENT, {}, False, tmp_path / "nowhere")


def test_a_device_stays_one() -> None:
    write(Path("/dev/null"), "x")
    assert Path("/dev/null").is_char_device()


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write(tmp_path / "link", "x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "x"


def test_json_has_no_nan() -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_text({"x": float("nan")})
